// Synthetic SMB traffic: calls as a busy client makes them, without time. Pure and repeatable.
// Commands come in the mix of a database on a share, message ids step by CreditCharge (MS-SMB2 3.2.4.1.5).

import type { Call } from "../kernel/source.ts";
import { COMMAND, type CommandName } from "../model/command.ts";

interface Share {
  readonly treeId: number;
  readonly sessionId: bigint;
}

interface MixRow {
  readonly command: CommandName;
  readonly perMille: number;
  /** What one costs. */
  readonly credits: number;
}

const MIX: readonly MixRow[] = [
  { command: "SMB2_READ", perMille: 420, credits: 16 },
  { command: "SMB2_WRITE", perMille: 260, credits: 16 },
  { command: "SMB2_CREATE", perMille: 120, credits: 1 },
  { command: "SMB2_CLOSE", perMille: 110, credits: 1 },
  { command: "SMB2_QUERY_INFO", perMille: 50, credits: 1 },
  { command: "SMB2_QUERY_DIRECTORY", perMille: 25, credits: 4 },
  { command: "SMB2_FLUSH", perMille: 15, credits: 1 },
];

/** A thousand rows in the proportions of the mix. */
const THOUSAND = MIX.flatMap((row) => new Array<MixRow>(row.perMille).fill(row));

const SHARE: Share = { treeId: 0x5, sessionId: 0x0000_4c00_0000_0071n };

/** Makes the next call; message ids go up for ever. */
export class Client {
  #messageId = 1n;
  #turn = 0;

  /** The next call of the mix. */
  next(): Call {
    // 619 has no factor in common with 1000: every thousand calls hold the mix exactly, well spread.
    this.#turn = (this.#turn + 619) % THOUSAND.length;
    const { command, credits } = THOUSAND[this.#turn] as MixRow;
    return this.#call(command, credits);
  }

  /** The next call of one command, of one credit. */
  one(command: CommandName): Call {
    return this.#call(command, 1);
  }

  #call(command: CommandName, credits: number): Call {
    const call = { ...SHARE, command: COMMAND[command], messageId: this.#messageId };
    this.#messageId += BigInt(credits);
    return call;
  }
}

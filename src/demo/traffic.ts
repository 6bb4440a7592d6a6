// Synthetic SMB traffic: the calls of a busy client, without times. Pure and repeatable.
// The mix of commands is that of a database on a share; message ids step by CreditCharge (MS-SMB2 3.2.4.1.5).

import type { Call } from "../kernel/source.ts";
import { COMMAND, type CommandName } from "../model/command.ts";

interface Share {
  readonly treeId: number;
  readonly sessionId: bigint;
}

interface MixRow {
  readonly command: CommandName;
  readonly perMille: number;
  /** Credits of one request. */
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

/** Generates calls with increasing message ids. */
export class Client {
  #messageId = 1n;
  #turn = 0;

  /** The next call of the mix. */
  next(): Call {
    // 619 and 1000 have no common factor, so every thousand calls contain the mix exactly, well spread.
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

// Situations of two troubles within a minute, on one server, with different causes: traces of one must not affect the
// other.

import { mount } from "../mount.ts";
import { withWeather } from "../network.ts";
import { ALPHA, BETA, late, noCpu, slowDisk, slowPath } from "./late.ts";
import { killed, stopped } from "./missing.ts";
import { fullDisk, otherPassword } from "./refused.ts";
import type { Situation, Trouble } from "./situation.ts";
import { atWork, io, sleepSec } from "./work.ts";

const both = async (): Promise<void> => {
  for (const kind of ["plain", "slowDisk"] as const) await mount(kind);
};

const loss: Trouble = {
  did: "30 % of the packets to the server get lost",
  provoke: () =>
    atWork([io("plain", 4)], () => withWeather({ toServer: ["loss", "30%"] }, () => sleepSec(8))),
  expect: late(["network"], [ALPHA]),
};

export const pairSituations: readonly Situation[] = [
  { name: "a slow path, then a slow disk", prepare: both, troubles: [slowPath("plain", ALPHA), slowDisk] },
  {
    name: "a slow disk, then a stopped server",
    prepare: both,
    troubles: [slowDisk, stopped("plain", ALPHA)],
  },
  {
    name: "a stopped server, then a killed one",
    prepare: both,
    troubles: [stopped("plain", ALPHA), killed("plain", ALPHA)],
  },
  { name: "a full disk, then a slow path", prepare: both, troubles: [fullDisk, slowPath("slowDisk", BETA)] },
  { name: "lost requests, then a changed password", prepare: both, troubles: [loss, otherPassword] },
  { name: "no CPU, then a slow path", prepare: both, troubles: [noCpu, slowPath("plain", ALPHA)] },
];

import { describe } from "bun:test";
import { Imitation } from "../../src/kernel/imitation.ts";
import { describeSource } from "./source.contract.ts";

describe("the imitation of the kernel side", () => describeSource(() => new Imitation()));

import { describe, expect, test } from "bun:test";
import { decodeAttribution } from "../../src/history/attribution.ts";
import { encodeAttribution } from "../../src/model/attribution.ts";
import { anAttribution } from "../helpers/attribution.ts";

const through = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

describe("an attribution in the history", () => {
  test.each([
    ["whole", anAttribution()],
    ["with a dialect that has no name here", anAttribution({ dialect: 0x399 })],
    [
      "of what is not known",
      anAttribution({
        server: undefined,
        address: undefined,
        dialect: undefined,
        encrypted: undefined,
        processes: [],
      }),
    ],
  ])("%s is decoded as it was encoded", (_, attribution) => {
    expect(decodeAttribution(through(encodeAttribution(attribution)))).toEqual(attribution);
  });

  test.each([[null], ["text"], [[1]], [7]])("%j is not an attribution", (value) => {
    expect(decodeAttribution(value)).toBeUndefined();
  });

  test("malformed values are left out", () => {
    const forged = {
      server: 5,
      address: 5,
      connection_ids: ["1", 2],
      dialect: "9",
      encrypted: "yes",
      mount_points: [1, "/mnt"],
      dfs_paths: ["//corp/dfs", null],
      possible_shares: "//files/a",
      processes: [{ pid: "x", name: "a", requests: 1 }, null, { pid: 1, name: "b", requests: 2, unit: 5 }],
    };
    expect(decodeAttribution(forged)).toEqual({
      server: undefined,
      address: undefined,
      connectionIds: [2],
      dialect: undefined,
      encrypted: undefined,
      dfsPaths: ["//corp/dfs"],
      possibleShares: [],
      mountPoints: ["/mnt"],
      processes: [{ pid: 1, name: "b", unit: undefined, container: undefined, requests: 2 }],
    });
  });
});

import { describe, expect, test } from "bun:test";
import { canonicalAddress, isAddress } from "../../src/model/address.ts";
import { type Random, seeded } from "../helpers/random.ts";

describe("canonicalAddress", () => {
  test.each([
    // DebugData and mountinfo (%pI6), ss, people.
    ["2001:0db8:0000:0000:0000:0000:0000:0005", "2001:db8::5"],
    ["[2001:db8::5]", "2001:db8::5"],
    ["[2001:db8::5]:445", "2001:db8::5"],
    ["2001:DB8::5", "2001:db8::5"],
    ["[fe80::1]%eth0", "fe80::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["fe80:0000:0000:0000:0000:0000:0000:0001%3", "fe80::1"],
    ["[fe80::1%eth0]:445", "fe80::1"],
    ["[::ffff:192.0.2.7]", "192.0.2.7"],
    ["[::ffff:192.0.2.7]:445", "192.0.2.7"],
    ["0000:0000:0000:0000:0000:ffff:c000:0207", "192.0.2.7"],
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7:445", "192.0.2.7"],
    ["192.0.2.7%eth0:445", "192.0.2.7"],
    // RFC 5952, 4.2.2 and 4.2.3: one group is not shortened, and of two equal runs the first is.
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    // Names.
    ["Files.Example", "files.example"],
    ["files.example.", "files.example"],
    ["files:445", "files"],
    ["", ""],
    [".", "."],
    ["(unknown)", "(unknown)"],
    ["2001:db8::5::1", "2001:db8::5::1"],
    ["a:b:c", "a:b:c"],
    ["::1/../evil", "::1/../evil"],
  ])("%s is %s", (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  test("every way to write one IPv6 address gives one form", () => {
    const random = seeded();
    for (let round = 0; round < 500; round++) {
      const groups = someGroups(random);
      const forms = Array.from({ length: 8 }, () => someForm(groups, random));
      const canonical = new Set(forms.map(canonicalAddress));
      expect([...canonical], `${random.seedText} ${forms.join(" ")}`).toHaveLength(1);
      const [one = ""] = canonical;
      expect(canonicalAddress(one), random.seedText).toBe(one);
      expect(isAddress(one), random.seedText).toBe(true);
    }
  });

  test("two addresses never share a form", () => {
    const random = seeded();
    for (let round = 0; round < 500; round++) {
      const groups = someGroups(random);
      const other = groups.with(random.int(0, 7), random.int(0, 0xffff));
      const isSame = groups.every((group, index) => group === other[index]);
      expect(canonicalAddress(someForm(groups, random)) === canonicalAddress(someForm(other, random))).toBe(
        isSame,
      );
    }
  });

  test("any text costs little and never throws", () => {
    const random = seeded();
    const characters = [":", "[", "]", "%", ".", "f", "0", "9", "\u0000", "\n", "ß", "/", "@"] as const;
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: random.int(0, 60) }, () => random.pick(characters)).join("");
      expect(() => canonicalAddress(text), random.seedText).not.toThrow();
      expect(canonicalAddress(canonicalAddress(text)).length).toBeLessThanOrEqual(text.length + 1);
    }
    expect(canonicalAddress(":".repeat(1 << 20))).toHaveLength(1 << 20);
  });
});

test.each([
  ["192.0.2.7", true],
  ["[fe80::1]%eth0", true],
  ["files.example", false],
  ["256.0.2.7", false],
  ["010.0.2.7", false],
  ["1.2.3", false],
  ["1.2.3.4.5", false],
  ["", false],
])("isAddress(%s) is %p", (text, expected) => {
  expect(isAddress(text)).toBe(expected);
});

/** Half of them zero, so that runs occur; sometimes IPv4-mapped. */
function someGroups(random: Random): readonly number[] {
  if (random.chance(0.2)) return [0, 0, 0, 0, 0, 0xffff, random.int(0, 0xffff), random.int(0, 0xffff)];
  return Array.from({ length: 8 }, () => (random.chance(0.5) ? 0 : random.int(0, 0xffff)));
}

function someForm(groups: readonly number[], random: Random): string {
  const width = random.chance(0.5) ? 4 : 1;
  const written = groups.map((group) => group.toString(16).padStart(width, "0"));
  const zeros = groups.findIndex((group, index) => group === 0 && groups[index + 1] === 0);
  let text = written.join(":");
  if (zeros >= 0 && random.chance(0.5)) {
    let end = zeros;
    while (groups[end] === 0) end++;
    text = `${written.slice(0, zeros).join(":")}::${written.slice(end).join(":")}`;
  } else if (random.chance(0.3)) {
    const [high = 0, low = 0] = groups.slice(6);
    text = `${written.slice(0, 6).join(":")}:${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
  }
  if (random.chance(0.3)) text = text.toUpperCase();
  const scope = random.chance(0.2) ? random.pick(["%eth0", "%3", "%br-1f2e"]) : "";
  return random.pick([`${text}${scope}`, `[${text}]${scope}`, `[${text}${scope}]`, `[${text}]:445`]);
}

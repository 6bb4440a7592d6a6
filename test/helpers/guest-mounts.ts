// The mounts that were made in the guest, kind by kind: what the kernel printed of each, and what the guest knows that
// it mounted.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dir, "../cifs/fixtures/guest");

interface MountFact {
  readonly share: string;
  readonly address: string;
  readonly mountPoint: string;
  readonly dialect: string;
  readonly encrypted: boolean;
}

export interface GuestMounts {
  /** `6.1/seal`. */
  readonly name: string;
  readonly facts: readonly MountFact[];
  read(file: "debugdata" | "mountinfo" | "open_files" | "ss" | "stats"): string;
}

export function guestMounts(): readonly GuestMounts[] {
  return readdirSync(FOLDER).flatMap((kernel) =>
    readdirSync(join(FOLDER, kernel)).map((kind) => {
      const path = (file: string) => join(FOLDER, kernel, kind, file);
      return {
        name: `${kernel}/${kind}`,
        facts: JSON.parse(readFileSync(path("facts.json"), "utf8")),
        read: (file) => readFileSync(path(`${file}.txt`), "utf8"),
      };
    }),
  );
}

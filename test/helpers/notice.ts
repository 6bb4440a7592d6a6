// Notices for tests: of an incident that opened, but for what the test says.

import type { Notice } from "../../src/model/notice.ts";

let lastNoticeId = 0;

export function aNotice(parts: Partial<Notice> = {}): Notice {
  lastNoticeId += 1;
  return {
    noticeId: lastNoticeId,
    event: "opened",
    incidentId: "20261123T012345.678Z",
    server: "files",
    family: "availability",
    rule: "slow",
    share: "//files/db",
    capture: "",
    verdict: "",
    status: "",
    ...parts,
  };
}

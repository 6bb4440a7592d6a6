// The runner's thread: turns messages into calls of the runner, and its reports into messages. It decides nothing.

import { openTable } from "../kernel/table.ts";
import { AodError } from "../model/failure.ts";
import { openBatchesFolder } from "../system/batches-folder.ts";
import { adoptOrphans } from "../system/descendants.ts";
import type { FromRunner, ToRunner } from "../thread/messages.ts";
import { serve } from "../thread/port.ts";
import { HOST, readHostFacts } from "./host.ts";
import { Orphans } from "./orphans.ts";
import { Runner } from "./runner.ts";

serve<ToRunner, FromRunner>((port) => {
  let runner: Runner | undefined;
  const started = (): Runner => {
    if (runner === undefined) throw new AodError("BUG", "the runner has not been started");
    return runner;
  };
  return async (message) => {
    switch (message.type) {
      case "start":
        runner = new Runner({
          openFolder: () => openBatchesFolder(message.outputDir),
          notify: message.notify,
          facts: readHostFacts(),
          host: HOST,
          live: openTable(message.table),
          orphans: adoptOrphans() ? new Orphans() : undefined,
          report: (report) => port.post(report),
          fail: (thrown) => port.fail(thrown),
        });
        port.post({ type: "ready" });
        break;
      case "collect":
        started().submit(message.order, message.frozen);
        break;
      case "sample":
        started().sample(message.reason);
        break;
      case "clientLists":
        started().noteClientLists(message.readability);
        break;
      case "configure":
        started().configure(message.notify);
        break;
      case "notify":
        started().notify(message.notice);
        break;
      case "ping":
        port.post({ type: "pulse", counts: started().counts });
        break;
      case "stop":
        await runner?.stop();
        // The final counts: the last answer to a ping is older.
        if (runner !== undefined) port.post({ type: "pulse", counts: runner.counts });
        port.post({ type: "stopped" });
        break;
      default:
        message satisfies never;
    }
  };
});

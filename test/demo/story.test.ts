import { expect, test } from "bun:test";
import { EventLog } from "../../src/demo/event-log.ts";
import { Story } from "../../src/demo/story.ts";
import { Imitation } from "../../src/kernel/imitation.ts";
import { AodError, toFailure } from "../../src/model/failure.ts";

test("an act ends with the reason of a fatal failure", async () => {
  const events = new EventLog();
  const source = new Imitation();
  events.tell({
    type: "fatal",
    thread: "detector",
    failure: toFailure(new AodError("SYSCALL", "the detector has no memory")),
  });
  await expect(new Story(source, events).errors()).rejects.toThrow("the detector has no memory");
  source.close();
});

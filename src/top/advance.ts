// The state machine of the screen: a state and an event in, the next state out. Pure: time comes with the events. The
// caller reacts to changes of `everyMs` and `isOver`.

import type { Live } from "../api/live.ts";
import { withEarlier } from "./history.ts";
import { KEY_ACTIONS } from "./keys.ts";
import type { TopState } from "./state.ts";

export type TopEvent =
  | { readonly type: "live"; readonly live: Live }
  | { readonly type: "key"; readonly key: string }
  /** No figures came meanwhile. */
  | { readonly type: "waited"; readonly silentMs: number };

export function advanceTop(state: TopState, event: TopEvent): TopState {
  switch (event.type) {
    case "live": {
      const live = withEarlier(state.newest, event.live);
      return { ...state, newest: live, live: state.isPaused ? state.live : live, silentMs: 0 };
    }
    case "waited":
      return { ...state, silentMs: event.silentMs };
    case "key":
      return KEY_ACTIONS.find(({ keys }) => keys.includes(event.key))?.act(state, event.key) ?? state;
    default:
      return event satisfies never;
  }
}

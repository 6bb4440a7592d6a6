// Whether a file can be read whose readers the kernel may block. Plain data.

/** `late`: the last reader missed its deadline; `stuck`: it can't even be killed. */
export type Readability = "readable" | "late" | "stuck";

/** In words, for DebugData and all of /proc/fs/cifs; undefined if it can be read. */
export const CLIENT_LISTS_TEXT: Readonly<Record<Readability, string | undefined>> = {
  readable: undefined,
  late: "the SMB client's own lists can't be read: the reader of DebugData did not come back in time",
  stuck:
    "the SMB client's own lists can't be read: a lock inside the client is held, and the reader of DebugData can't be killed",
};

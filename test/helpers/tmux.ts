// A terminal of any size with a shell in it, as a user at a keyboard has it: keys in, the content of the screen out. It
// is tmux's, with a server of its own, so that no session or setting of this machine matters.

import { afterAll } from "bun:test";
import { tempDir } from "./temp-dir.ts";
import { waitUntil } from "./wait-until.ts";

const PROMPT = "ready>";

export class TmuxTerminal {
  readonly #folder = tempDir();
  #session = 0;
  #turn = 0;
  #server: number | undefined;

  constructor() {
    // Here and not in `open`: what is registered while a test runs is for that one only.
    afterAll(() => this.#end());
  }

  /** A shell that waits for a line. @param environment beside PATH and TERM. */
  async open(columns: number, rows: number, environment: Readonly<Record<string, string>>): Promise<void> {
    // The last one's server may still be on its way out: another one's socket.
    this.#end();
    this.#session++;
    const variables = Object.entries({ PS1: `${PROMPT} `, ...environment }).map(([k, v]) => `${k}=${v}`);
    const shell = ["env", ...variables, "bash", "--norc", "--noprofile"];
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, ...shell);
    this.#server = Number(this.#tmux("display-message", "-p", "#{pid}"));
    await this.shows(PROMPT);
  }

  /** Types a command. */
  run(command: string): void {
    this.#tmux("send-keys", "-l", command);
    this.press("Enter");
  }

  /** Types a command and waits for its end. @returns what it printed. */
  async output(command: string): Promise<string> {
    // In two parts, so that what is typed does not look like what is printed; and each time others.
    const turn = ++this.#turn;
    this.run(`clear; echo "<<""${turn}"; ${command}; echo ">>""${turn}"`);
    await this.shows(`\n>>${turn}\n`);
    const screen = `\n${this.screen()}`;
    const [begin, end] = [`\n<<${turn}\n`, `\n>>${turn}\n`];
    return screen.slice(screen.lastIndexOf(begin) + begin.length, screen.lastIndexOf(end)).trim();
  }

  /** Keys by tmux's names: `q`, `Up`, `C-z`, `F1`. */
  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** Text, one line a row, without spaces at its end. @param styled with escape sequences. */
  screen(styled = false): string {
    return this.#tmux("capture-pane", "-p", ...(styled ? ["-e"] : []));
  }

  lines(): readonly string[] {
    return this.screen().replace(/\n$/, "").split("\n");
  }

  async shows(text: string | RegExp): Promise<void> {
    const isThere = () => {
      const screen = `\n${this.screen()}`;
      return typeof text === "string" ? screen.includes(text) : text.test(screen);
    };
    await waitUntil(isThere).catch((error: Error) => {
      throw new Error(`${text} ${error.message}, but\n${this.screen()}`);
    });
  }

  /** What escape sequences have switched. */
  modes(): { readonly alternate: boolean; readonly cursor: boolean; readonly wrap: boolean } {
    const flags = this.#tmux("display-message", "-p", "#{alternate_on}#{cursor_flag}#{wrap_flag}").trim();
    const [alternate, cursor, wrap] = [...flags].map((flag) => flag === "1");
    return { alternate: alternate === true, cursor: cursor === true, wrap: wrap === true };
  }

  /** The process of the shell. */
  get shellPid(): number {
    return Number(this.#tmux("display-message", "-p", "#{pane_pid}"));
  }

  /** By its id: the folder with its socket may be gone already. */
  #end(): void {
    if (this.#server !== undefined) process.kill(this.#server);
    this.#server = undefined;
  }

  #tmux(...argv: readonly string[]): string {
    const env = { PATH: process.env.PATH ?? "", TERM: "xterm-256color", LC_ALL: "C.UTF-8" };
    const { stdout } = Bun.spawnSync(["tmux", "-S", `${this.#folder}/tmux-${this.#session}`, ...argv], {
      env,
    });
    return stdout.toString();
  }
}

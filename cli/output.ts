/** All that a run prints goes through here: results to stdout, everything else to stderr, secrets to neither. */
import type { Diagnostic } from "../core/diagnostic.ts";
import { amountText } from "../core/render/amount.ts";
import { diagnosticJson, diagnosticTexts, inReadingOrder } from "../core/render/diagnostics.ts";
import { painter } from "../core/render/paint.ts";
import type { Io, Sink } from "./io.ts";

export interface OutputOptions {
  readonly colour: boolean;
  readonly quiet: boolean;
  readonly diagnostics: "text" | "json";
  readonly redact: (text: string) => string;
}

export class Output {
  readonly #io: Io;
  readonly #options: OutputOptions;
  /** Is a progress bar on the last line? */
  #bar = false;

  constructor(io: Io, options: OutputOptions) {
    this.#io = io;
    this.#options = options;
  }

  get colour(): boolean {
    return this.#coloured(this.#io.stdout);
  }

  /** What the command was asked for. */
  result(text: string): void {
    this.#write(this.#io.stdout, text);
  }

  /** The same where every character counts, because a machine will run it; the caller has seen that no secret is in it. */
  exactly(text: string): void {
    this.#endBar();
    this.#io.stdout.write(text);
  }

  /** A word on how the run goes; not where only diagnostics, or nothing, is wanted. */
  say(text: string): void {
    if (this.#options.quiet || this.#options.diagnostics === "json") return;
    this.#write(this.#io.stderr, `${text}\n`);
  }

  /** What another program says on its stderr. */
  passOn(text: string): void {
    this.#write(this.#io.stderr, text);
  }

  diagnostics(diagnostics: readonly Diagnostic[]): void {
    const told = inReadingOrder(diagnostics).filter(({ severity }) => !this.#options.quiet || severity !== "note");
    const texts =
      this.#options.diagnostics === "json"
        ? told.map(diagnosticJson)
        : diagnosticTexts(told, painter(this.#coloured(this.#io.stderr)));
    for (const text of texts) this.#write(this.#io.stderr, `${text}\n`);
  }

  /** A bar on a terminal, nothing elsewhere. */
  progress(label: string): (done: number, total: number) => void {
    const { stderr } = this.#io;
    if (!stderr.isTerminal || this.#options.quiet || this.#options.diagnostics === "json") return () => undefined;
    return (done, total) => {
      if (total === 0) return;
      const filled = Math.round((done / total) * BAR);
      stderr.write(this.#clean(stderr, `\r${label} ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${done}/${total}`));
      this.#bar = true;
      if (done >= total) this.#endBar();
    };
  }

  /** The same for bytes: rate, and the time that is left where the total is about known. */
  amount(label: string, total: number | undefined): (done: number) => void {
    const { stderr } = this.#io;
    if (!stderr.isTerminal || this.#options.quiet || this.#options.diagnostics === "json") return () => undefined;
    const started = performance.now();
    let shown = 0;
    return (done) => {
      const at = performance.now();
      if (at - shown < REDRAWN) return;
      shown = at;
      const seconds = (at - started) / 1000;
      const rate = done / seconds;
      const left =
        total === undefined || done >= total
          ? ""
          : `, ${amountText((total - done) / rate, "seconds", new Date())} left`;
      const filled = total === undefined ? 0 : Math.min(BAR, Math.round((done / total) * BAR));
      const bar = total === undefined ? "" : `${"█".repeat(filled)}${"░".repeat(BAR - filled)} `;
      const [size, speed] = [done, rate].map((bytes) => amountText(bytes, "bytes", new Date()));
      stderr.write(this.#clean(stderr, `\r${label} ${bar}${size}, ${speed}/s${left}\u001b[0m     `));
      this.#bar = true;
    };
  }

  #endBar(): void {
    if (this.#bar) this.#io.stderr.write("\n");
    this.#bar = false;
  }

  #write(sink: Sink, text: string): void {
    this.#endBar();
    sink.write(this.#clean(sink, text));
  }

  /** A name in a database may hold what moves the cursor or sets a title: on a terminal it is shown, not obeyed. */
  #clean(sink: Sink, text: string): string {
    const redacted = this.#options.redact(text);
    return sink.isTerminal ? redacted.replace(CONTROLS, visible) : redacted;
  }

  #coloured(sink: Sink): boolean {
    return this.#options.colour && sink.isTerminal;
  }
}

const BAR = 24;
/** Milliseconds between two states of a bar. */
const REDRAWN = 200;

/** All control characters but line breaks, tabs, the return of a progress bar and colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through.
const CONTROLS = /\u001b\[\d{1,3}(?:;\d{1,3})*m|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

function visible(match: string): string {
  return match.length > 1 ? match : `\\u${match.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

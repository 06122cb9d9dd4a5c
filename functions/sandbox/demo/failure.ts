/** The demo could not come to its end; `logs`: the functions' last lines. */
export class DemoFailure extends Error {
  override readonly name = "DemoFailure";
  readonly logs: readonly string[];

  constructor(message: string, logs: readonly string[]) {
    super(message);
    this.logs = logs.slice(-40);
  }
}

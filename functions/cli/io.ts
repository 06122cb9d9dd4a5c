/** One stream of the terminal. Each is asked by itself whether it is a terminal. */
interface CliStream {
  write(text: string): void;
  readonly isTTY: boolean;
}

/** All that the CLI touches of its process. */
export interface CliIo {
  /** Data, and nothing else. */
  readonly stdout: CliStream;
  /** Progress, notes, errors. */
  readonly stderr: CliStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  setExitCode(code: number): void;
}

/** The real one. */
export function processIo(): CliIo {
  const wrap = (stream: NodeJS.WriteStream): CliStream => ({
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
  });
  return {
    stdout: wrap(process.stdout),
    stderr: wrap(process.stderr),
    env: process.env,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

import { createServer } from "node:net";

const first = { harbor: 18080, aws: 18081, azure: 18082, gcp: 18083, kubernetes: 18100 } as const;

type Ports = Readonly<Partial<Record<keyof typeof first, number>>>;

/** The same ports at every start where all of them are free on loopback, so that files and shells stay valid; else any. */
export async function freePorts(clusters: number): Promise<Ports> {
  const { kubernetes, ...others } = first;
  const wanted = [...Object.values(others), ...Array.from({ length: clusters }, (_, at) => kubernetes + at)];
  const free = await Promise.all(wanted.map(isFree));
  return free.every(Boolean) ? first : {};
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

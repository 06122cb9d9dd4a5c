import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import type * as z from "zod";
import type { FaultBoard, PartName } from "../../../functions/sandbox/faults.ts";
import type { Canary } from "../../scenarios/leaks.ts";
import { mangle } from "../hostile/mangle.ts";
import { type Mangling, manglings } from "../hostile/manglings.ts";
import { complaintsAbout, type Outcome, outcomeOf } from "../hostile/verdict.ts";
import { type FuzzProperty, of } from "../property.ts";

/** One call of a port, made by the real driver while the sandbox's answers are mangled. */
export interface Operation<Prepared = unknown> {
  readonly name: string;
  /** What is there before, made with answers in good order. */
  prepare?(run: number): Promise<Prepared>;
  call(prepared: Prepared): Promise<unknown>;
  /** What the port promises of a value. */
  readonly shape: z.ZodType;
  /** What must be true of the world afterwards; complaints. */
  after?(prepared: Prepared, outcome: Outcome, mangling: Mangling): Promise<readonly string[]>;
}

export interface World {
  readonly part: PartName;
  readonly faults: FaultBoard;
  readonly url: string;
  readonly operations: readonly Operation[];
  /** What a message must name. */
  readonly place: RegExp;
  /** Somebody else's client follows redirects; then at least no login goes along. */
  readonly followsRedirects?: boolean;
  /** Secrets that are in the world. */
  canaries(): readonly Canary[];
  close(): Promise<void>;
}

export function operation<Prepared>(described: Operation<Prepared>): Operation {
  return described as unknown as Operation;
}

/** Time for a request of a driver under test: hanging answers cost as much. */
export const impatientMs = 300;
export const patientMs = 30_000;

/** A loopback server that nobody has a reason to talk to. */
async function openTrap(): Promise<{ readonly url: string; readonly visits: string[]; close(): Promise<void> }> {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(`${request.method}${request.headers.authorization === undefined ? "" : " with a login"}`);
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, visits, close };
}

async function complaintsOf(
  world: World,
  made: { readonly operation: Operation; readonly prepared: unknown; readonly mangling: Mangling },
  outcome: Outcome,
): Promise<readonly string[]> {
  const { operation: asked, prepared, mangling } = made;
  const after = (await asked.after?.(prepared, outcome, mangling)) ?? [];
  if (outcome.is === "hang") return [...after, "no end in sight"];
  if (outcome.is === "error") return [...after, ...complaintsAbout(outcome.error, world.place, world.canaries())];
  const parsed = asked.shape.safeParse(outcome.value);
  if (parsed.success) return after;
  return [...after, `not what the port promises: ${JSON.stringify(parsed.error.issues).slice(0, 500)}`];
}

/** How many answers of one call come in good order first: most calls make a single request. */
const answersInOrder = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }) },
);

/** Every call of a port against every mangling of every answer: a value as promised or a typed error, and nothing lost. */
export function portProperty(
  name: string,
  openWorld: () => Promise<World>,
  /** Where a limit in time is not an option of the driver, and a silent answer would cost all of it. */
  answers: "any" | "that end" = "any",
  share = 1,
): FuzzProperty {
  return {
    name,
    share,
    async open() {
      const world = await openWorld();
      const trap = await openTrap();
      let run = 0;
      const property = fc.asyncProperty(
        fc.nat({ max: world.operations.length - 1 }),
        answers === "any" ? manglings : manglings.filter(({ kind }) => kind !== "silence" && kind !== "stall"),
        answersInOrder,
        fc.boolean(),
        async (index, mangling, skip, forEver) => {
          const asked = world.operations[index];
          if (asked === undefined) throw new Error("no such operation");
          run += 1;
          const prepared = await asked.prepare?.(run);
          const places = { trapUrl: trap.url, ownUrl: world.url };
          const fault = world.faults.set({
            part: world.part,
            skip,
            ...(forEver ? {} : { times: 1 }),
            action: { type: "mangle", mangle: (reply) => mangle(reply, mangling, places) },
          });
          const outcome = await outcomeOf(() => asked.call(prepared));
          fault.remove();
          const complaints = await complaintsOf(world, { operation: asked, prepared, mangling }, outcome);
          const visited = trap.visits.splice(0);
          const wrong = world.followsRedirects === true ? visited.filter((visit) => visit.includes("login")) : visited;
          const visits = wrong.map((visit) => `went where a redirect led: ${visit}`);
          const all = [...complaints, ...visits];
          if (all.length > 0) throw new Error(`${asked.name}: ${all.join("; ")}`);
        },
      );
      return {
        property: of(property),
        async close() {
          await trap.close();
          await world.close();
        },
      };
    },
  };
}

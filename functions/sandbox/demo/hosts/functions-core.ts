import Module from "node:module";

/** As the host keeps it: what was registered, and the function itself. */
export interface RegisteredFunction {
  readonly metadata: {
    readonly name: string;
    readonly bindings: Readonly<Record<string, { readonly type: string }>>;
  };
  readonly callback: (...inputs: unknown[]) => unknown;
}

interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: RegisteredFunction["callback"]): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: TypedData | null }>;
}

interface ProgrammingModel {
  getInvocationModel(core: unknown): InvocationModel;
}

/** The worker's way to pass values: exactly one of them is there. */
interface TypedData {
  readonly json?: string;
  readonly string?: string;
  readonly http?: {
    readonly statusCode?: string;
    readonly body?: { readonly string?: string; readonly bytes?: Uint8Array };
  };
}

class Disposable {
  dispose(): void {}
}

/**
 * A stand-in for the worker of Azure Functions: gives `@azure/functions-core` to whoever requires it, as
 * the worker does (a `Module.prototype.require` of its own), keeps registrations, and runs them the way
 * the worker runs them.
 */
export class FunctionsCore {
  readonly #functions = new Map<string, RegisteredFunction>();
  #model: ProgrammingModel | null = null;
  #invocations = 0;

  install(): void {
    const core = {
      version: "3.11.0",
      hostVersion: "4.1044.0",
      Disposable,
      registerHook: () => new Disposable(),
      log: () => undefined,
      getProgrammingModel: () => this.#model,
      setProgrammingModel: (model: ProgrammingModel) => {
        this.#model = model;
      },
      registerFunction: (metadata: RegisteredFunction["metadata"], callback: RegisteredFunction["callback"]) => {
        this.#functions.set(metadata.name, { metadata, callback });
        return new Disposable();
      },
    };
    const { prototype } = Module as unknown as { prototype: { require: (id: string) => unknown } };
    const original = prototype.require;
    prototype.require = function (id) {
      return id === "@azure/functions-core" ? core : original.call(this, id);
    };
  }

  /** What the host is handed back. Throws what the function throws. */
  async run(name: string, data: unknown): Promise<TypedData> {
    const registered = this.#functions.get(name);
    if (registered === undefined || this.#model === null) throw new Error(`the bundle registers no function ${name}`);
    const { metadata, callback } = registered;
    const trigger = Object.keys(metadata.bindings).find((key) => metadata.bindings[key]?.type.endsWith("Trigger"));
    this.#invocations += 1;
    const invocationId = String(this.#invocations);
    const invocation = this.#model.getInvocationModel({
      invocationId,
      metadata,
      log: () => undefined,
      request: { invocationId, inputData: [{ name: trigger, data }], triggerMetadata: {} },
    });
    const { context, inputs } = await invocation.getArguments();
    const { returnValue } = await invocation.getResponse(
      context,
      await invocation.invokeFunction(context, inputs, callback),
    );
    return returnValue ?? {};
  }
}

// One instance of the Rust half. The build makes a function of this file that makes one each time it is called, so that an
// instance after a panic shares nothing with the one before.
import * as glue from "@edge";
import * as platform from "@platform";

// `broken` is called when Rust has panicked: nothing new is to be begun with this instance then. What waits in it goes on;
// it does not share what the panic has left half done.
export const start = (module, broken) => {
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = glue[name] ?? platform[name];
  const { exports } = new WebAssembly.Instance(module, imports);
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();

  const enter = (whose, run) => {
    try {
      return platform.during(whose, run);
    } catch (error) {
      broken();
      throw error;
    }
  };
  const resume = (whose, ticket, number, text, bytes) => {
    try {
      if (!enter(whose, () => whose.task.resume(Date.now(), ticket, number, text, bytes))) return;
      whose.task.free();
      whose.resolve(whose.result);
    } catch (error) {
      whose.reject(error);
    }
  };
  // Begins, and gives the result: at once if there was nothing to wait for, which saves a promise on each callback.
  const begin = (whose, env, run) => {
    platform.attach(env, resume);
    whose.task = enter(whose, run);
    if (!whose.task) return whose.result;
    return new Promise((resolve, reject) => Object.assign(whose, { resolve, reject }));
  };
  return {
    fetch: (request, env, context) => {
      const { method } = request;
      const answer = begin({ request }, env, () => glue.fetch(Date.now(), method, request.url));
      // By itself the platform cancels all work for a client that is gone, and a token that has been exchanged and not
      // stored would be lost with it. What changes nothing may be cancelled.
      if (answer instanceof Promise && method !== "GET" && method !== "HEAD") context.waitUntil(answer);
      return answer;
    },
    scheduled: (env) => begin({}, env, () => glue.scheduled(Date.now())),
    deliver: (body, attempts, env) => begin({}, env, () => glue.deliver_one(Date.now(), body, attempts)),
  };
};

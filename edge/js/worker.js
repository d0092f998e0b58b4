// What Cloudflare calls. After a panic the next call begins with a fresh instance of the Rust half.
import module from "./index_bg.wasm";
import make from "@instance";

let instance;
const ready = () => {
  const fresh = () => {
    const its = make().start(module, () => {
      if (instance === its) instance = undefined;
    });
    return its;
  };
  return (instance ??= fresh());
};
// At once, so that the first request does not wait for it.
ready();

export default {
  fetch: (request, env, context) => ready().fetch(request, env, context),
  scheduled: (_event, env) => ready().scheduled(env),
  // One after the other: a receiver that was away is not met by all at once. A message that is neither acknowledged nor
  // retried, because this fails, comes again.
  queue: async ({ messages }, env) => {
    for (const message of messages) {
      const delaySeconds = await ready().deliver(String(message.body), message.attempts, env);
      if (delaySeconds < 0) message.ack();
      else message.retry({ delaySeconds });
    }
  },
};

// The OAuth app of slack-cloudflare-workers, as its README has it, with its stores in KV.
import { KVInstallationStore, KVStateStore, SlackOAuthApp } from "slack-cloudflare-workers";

export default {
  fetch(request, env, context) {
    const app = new SlackOAuthApp({
      env,
      installationStore: new KVInstallationStore(env, env.CONNECTIONS),
      stateStore: new KVStateStore(env.CONNECTIONS),
      // Straight to the authorization endpoint, without a page between that asks for a click.
      oauth: { startImmediateRedirect: true },
    });
    return app.run(request, context);
  },
};

// The OAuth app of slack-cloudflare-workers, as in its README, with its stores in KV.
import { KVInstallationStore, KVStateStore, SlackOAuthApp } from "slack-cloudflare-workers";

export default {
  fetch(request, env, context) {
    const app = new SlackOAuthApp({
      env,
      installationStore: new KVInstallationStore(env, env.CONNECTIONS),
      stateStore: new KVStateStore(env.CONNECTIONS),
      // Redirects to the authorization endpoint without a page in between.
      oauth: { startImmediateRedirect: true },
    });
    return app.run(request, context);
  },
};

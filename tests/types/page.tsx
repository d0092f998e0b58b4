// A partner's page in React, as it should be: this must type-check.
import { useEffect, useRef, useState } from "react";

export function Integrations({ session }: { session: string }) {
  const button = useRef<HTMLAddToSmoochElement>(null);
  const [app, setApp] = useState<string>();
  const [code, setCode] = useState("");

  useEffect(() => {
    const failed = (event: DocumentEventMap["failed"]) => setCode(event.detail.code);
    button.current?.addEventListener("failed", failed);
    return () => button.current?.removeEventListener("failed", failed);
  }, []);

  return (
    <section>
      <add-to-smooch
        ref={button}
        key="button"
        className="wide"
        lang="fr"
        client-id="shoplifter"
        site="main"
        session={session}
        mode="popup"
        label="Connect your chat"
        theme="dark"
        variant="sunshine"
        authorize-url="https://oauth-bridge.zendesk.com/sc/oauth/authorize"
        pkce
        onconnected={(event) => {
          event.preventDefault();
          setApp(event.detail.connection.app.name);
        }}
        oncancelled={(event) => setCode(event.type)}
      >
        <a href="https://connect.partner.example/install">Add to Smooch</a>
      </add-to-smooch>
      <add-to-smooch client-id="shoplifter" />
      <p>{app ?? code}</p>
    </section>
  );
}

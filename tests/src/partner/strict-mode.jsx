// A partner's page in React, in strict mode: each component is rendered twice, and mounted, unmounted and mounted again.
import { StrictMode, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
const { component, edge, smooch } = root.dataset;
const attributes = { "client-id": "shoplifter", site: "main", "authorize-url": `${smooch}/oauth/authorize` };
const record = ({ detail }) => (window.connectedApps = [...(window.connectedApps ?? []), detail.connection.app.name]);

const count = () => {
  window.mounted = (window.mounted ?? 0) + 1;
};

// The element in JSX of React 19: attributes, and a listener `onconnected`.
const Written = () => {
  useEffect(count, []);
  return (
    <add-to-smooch {...attributes} onconnected={record}>
      <a href={`${edge}/install`}>Add to Smooch</a>
    </add-to-smooch>
  );
};

// The element as a wrapper for older versions of React makes it.
const ByEffect = () => {
  const place = useRef(null);
  useEffect(() => {
    count();
    const element = document.createElement("add-to-smooch");
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.addEventListener("connected", record);
    place.current.append(element);
    return () => element.remove();
  }, []);
  return <div ref={place} />;
};

// A change of the key replaces the element while it finishes a flow.
const Remounted = () => {
  const [key, change] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!root.querySelector("add-to-smooch")?.shadowRoot?.querySelector("[aria-busy]")) return;
      clearInterval(timer);
      change(1);
    }, 10);
    return () => clearInterval(timer);
  }, []);
  return <Written key={key} />;
};

const Page = { Written, ByEffect, Remounted }[component];
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);

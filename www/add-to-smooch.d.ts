/**
 * The types of `<add-to-smooch>`: the element, its attributes and its events, for TypeScript, and for JSX in React 19.
 *
 * Put a copy into your project, among the files that your `tsconfig.json` includes. Nothing has to be imported.
 */

/** What `<add-to-smooch>` takes. */
export interface AddToSmoochAttributes {
  /** As Smooch gave it to you. */
  "client-id": string;
  /** The site's name in your edge's setting `SITES`; `main` if absent. */
  site?: string;
  /** From `POST /v1/sessions`: whose connection this will be. */
  session?: string;
  /** Whether Smooch opens in the same tab, as usual, or in a window of its own. */
  mode?: "redirect" | "popup";
  /** Another text for the button. */
  label?: string;
  /** Its colours; `auto` if absent: as the person's system prefers. */
  theme?: "auto" | "light" | "dark";
  /** "Add to Smooch", or "Add to Sunshine Conversations"; `smooch` if absent. */
  variant?: "smooch" | "sunshine";
  /** Smooch's authorization endpoint, if not `https://app.smooch.io/oauth/authorize`. */
  "authorize-url"?: string;
  /** Send the challenge as PKCE's too, for a server that supports RFC 7636. */
  pkce?: boolean | "";
}

/** A connection, as `GET /v1/connections` shows it. Take it as a hint and ask your backend. */
export interface AddToSmoochConnection {
  id: string;
  app: { id: string; name?: string; subdomain?: string };
  subject?: string;
  status: "connected" | "revoked" | "removing";
  /** Seconds since 1970. */
  connected_at: number;
}

/** The detail of `connected`. */
export interface AddToSmoochConnected {
  status: "connected";
  connection: AddToSmoochConnection;
}

/** The detail of `failed`. */
export interface AddToSmoochFailed {
  code: AddToSmoochErrorCode;
  /** What the person reads, in their language. */
  message: string;
  /** Finds the request in your edge's log; not there if your edge has not answered. */
  request_id?: string;
}

/** What can go wrong, by who must act. */
export type AddToSmoochErrorCode =
  | "access_denied"
  | "wrong_browser"
  | "unsupported"
  | "window_closed"
  | "edge_unreachable"
  | "receipt_invalid"
  | "receipt_expired"
  | "verifier_mismatch"
  | "origin_not_allowed"
  | "session_invalid"
  | "session_expired"
  | "session_mismatch"
  | "session_required"
  | "code_rejected"
  | "client_rejected"
  | "smooch_unavailable"
  | "smooch_malformed"
  | "storage_unavailable"
  | "connection_revoked"
  | "connection_removing"
  | "rate_limited"
  | "misconfigured"
  | "unauthorized"
  | "not_found"
  | "method_not_allowed"
  | "invalid_request";

/** What the element fires. They bubble, so they can be listened to anywhere above it. */
export interface AddToSmoochEventMap {
  /** An app is connected. `preventDefault()` keeps the person on this page. */
  connected: CustomEvent<AddToSmoochConnected>;
  /** It did not work. */
  failed: CustomEvent<AddToSmoochFailed>;
  /** The owner pressed Deny, or closed the window. */
  cancelled: CustomEvent<null>;
}

declare global {
  /** The element. It has no methods and no properties of its own: all of it is attributes and events. */
  interface HTMLAddToSmoochElement extends HTMLElement {}
  interface HTMLElementTagNameMap {
    "add-to-smooch": HTMLAddToSmoochElement;
  }
  // What every `addEventListener` goes by, of elements, of the document and of the window.
  interface GlobalEventHandlersEventMap extends AddToSmoochEventMap {}
}

// Where React is not there, this stands for nothing.
// @ts-ignore
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      // @ts-ignore
      "add-to-smooch": DetailedHTMLProps<HTMLAttributes<HTMLAddToSmoochElement>, HTMLAddToSmoochElement> &
        AddToSmoochAttributes & {
          // React 19 listens to an element's own events by `on` and their name.
          onconnected?: (event: AddToSmoochEventMap["connected"]) => void;
          onfailed?: (event: AddToSmoochEventMap["failed"]) => void;
          oncancelled?: (event: AddToSmoochEventMap["cancelled"]) => void;
        };
    }
  }
}

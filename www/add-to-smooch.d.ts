/**
 * The types of `<add-to-smooch>`: the element, its attributes and its events, for TypeScript, and for JSX in React 19.
 *
 * Put a copy into your project, among the files that your `tsconfig.json` includes. Nothing has to be imported.
 */

/** The attributes of `<add-to-smooch>`. */
export interface AddToSmoochAttributes {
  /** The client id that Smooch issued to you. */
  "client-id": string;
  /** The site's name in your edge's setting `SITES`; default `main`. */
  site?: string;
  /** Names the user who gets the connection, from `POST /v1/sessions`. */
  session?: string;
  /** Smooch opens in the same tab (default) or in a popup window. */
  mode?: "redirect" | "popup";
  /** Your own label for the button. */
  label?: string;
  /** The colours; `auto` (default) follows the person's system. */
  theme?: "auto" | "light" | "dark";
  /** "Add to Smooch" (default) or "Add to Sunshine Conversations". */
  variant?: "smooch" | "sunshine";
  /** The authorization endpoint; default `https://app.smooch.io/oauth/authorize`. */
  "authorize-url"?: string;
  /** Sends a PKCE challenge too, for servers that support RFC 7636. */
  pkce?: boolean | "";
}

/** A connection as in `GET /v1/connections`. It is a hint: ask your backend. */
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
  /** The text that the person reads, in their language. */
  message: string;
  /** Finds the request in your edge's log. Absent if the edge did not answer. */
  request_id?: string;
}

/** The error codes. */
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

/** The element's events. They bubble, so any ancestor can listen to them. */
export interface AddToSmoochEventMap {
  /** An app is connected. `preventDefault()` keeps the person on this page. */
  connected: CustomEvent<AddToSmoochConnected>;
  /** The element cannot work, or a flow failed. */
  failed: CustomEvent<AddToSmoochFailed>;
  /** The owner declined, or closed the popup window. */
  cancelled: CustomEvent<null>;
}

declare global {
  /** The element. Its interface consists of attributes and events. */
  interface HTMLAddToSmoochElement extends HTMLElement {}
  interface HTMLElementTagNameMap {
    "add-to-smooch": HTMLAddToSmoochElement;
  }
  // For `addEventListener` on elements, the document and the window.
  interface GlobalEventHandlersEventMap extends AddToSmoochEventMap {}
}

// Without React, this declares nothing.
// @ts-ignore
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      // @ts-ignore
      "add-to-smooch": DetailedHTMLProps<HTMLAttributes<HTMLAddToSmoochElement>, HTMLAddToSmoochElement> &
        AddToSmoochAttributes & {
          // React 19 listens to custom events by `on` and their name.
          onconnected?: (event: AddToSmoochEventMap["connected"]) => void;
          onfailed?: (event: AddToSmoochEventMap["failed"]) => void;
          oncancelled?: (event: AddToSmoochEventMap["cancelled"]) => void;
        };
    }
  }
}

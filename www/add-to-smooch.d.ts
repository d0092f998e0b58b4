/**
 * The types of `<add-to-smooch>`: the element, its attributes and its events, for TypeScript, and for JSX in React 19.
 *
 * Put a copy into your project, among the files that your `tsconfig.json` includes. You do not have to import it.
 */

/** The attributes of `<add-to-smooch>`. */
export interface AddToSmoochAttributes {
  /** The client id that Smooch issued to you. */
  "client-id": string;
  /** The site's name in your edge's setting `SITES`; default `main`. */
  site?: string;
  /** The session from `POST /v1/sessions`. It names the user who gets the connection. */
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
  /** Adds a PKCE challenge to the link, for servers that support RFC 7636. */
  pkce?: boolean | "";
}

/** A connection as in `GET /v1/connections`. It is only a hint, because any script can fire the event: ask your backend. */
export interface AddToSmoochConnection {
  id: string;
  app: { id: string; name?: string; subdomain?: string };
  subject?: string;
  status: "connected" | "revoked" | "removing";
  /** Seconds since 1970. */
  connected_at: number;
}

/** The `detail` of `connected`. */
export interface AddToSmoochConnected {
  status: "connected";
  connection: AddToSmoochConnection;
}

/** The `detail` of `failed`. */
export interface AddToSmoochFailed {
  code: AddToSmoochErrorCode;
  /** The text that the person reads, in their language. */
  message: string;
  /** The id of the request in your edge's log. Absent if the edge did not answer. */
  request_id?: string;
}

/** The error codes. `docs/embed.md` says what to do about each. */
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
  /** The element cannot work on this page, a flow failed, or all attempts are used up. */
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
  // The types of `addEventListener` on elements, the document and the window.
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
          // React 19 adds a listener for a custom event if the attribute is `on` and the name of the event.
          onconnected?: (event: AddToSmoochEventMap["connected"]) => void;
          onfailed?: (event: AddToSmoochEventMap["failed"]) => void;
          oncancelled?: (event: AddToSmoochEventMap["cancelled"]) => void;
        };
    }
  }
}

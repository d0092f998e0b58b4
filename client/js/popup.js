// Popup windows: opens one, watches it, and reports its result to the page that opened it.
//
// The window passes through other sites. Their Cross-Origin-Opener-Policy may sever it from its opener: then `opener` is
// null and `closed` is true although the window is open. It ends on a page of this origin, so both use a BroadcastChannel.

// Narrower pages, in CSS pixels, have no room for a second window.
const MIN_PAGE_WIDTH = 600;
const [WIDTH, HEIGHT] = [520, 720];
// Milliseconds between two looks at the window, and until a report without an answer counts as unheard.
const POLL_MS = 300;
const REPORT_TIMEOUT_MS = 1000;

const channelOf = (challenge) => new BroadcastChannel("smooch." + challenge);
// Stops listening to a window, by challenge.
const listeners = {};
// Closes the window that still offers "Try again", by element.
const heldWindows = new WeakMap();

/** Opens the link in a popup window and watches it. Returns false if the browser opened none. */
export const open = (element, href, challenge) => {
  if (innerWidth < MIN_PAGE_WIDTH) return false;
  const [left, top] = [screenX + (outerWidth - WIDTH) / 2, screenY + (outerHeight - HEIGHT) / 2].map(Math.round);
  const features = `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`;
  const popup = window.open(href, "smooch." + challenge, features);
  if (!popup) return false;
  // The sites in that window must not navigate this page.
  popup.opener = null;
  listeners[challenge]?.();
  // The person starts again, so nobody needs an earlier window that offers to retry.
  heldWindows.get(element)?.();
  heldWindows.delete(element);
  const channel = channelOf(challenge);
  // The window was seen at another origin without being severed, so its `closed` can be trusted.
  let closedIsCertain = false;
  const poll = setInterval(() => {
    if (!popup.closed) {
      try {
        popup.location.href;
      } catch {
        closedIsCertain = true;
      }
    } else if (document.hasFocus()) {
      clearInterval(poll);
      // The channel stays open: a window that is only hidden can still report.
      element.popupClosed(closedIsCertain);
    }
  }, POLL_MS);
  listeners[challenge] = () => (clearInterval(poll), channel.close());
  const release = () => (channel.postMessage({}), listeners[challenge]());
  channel.onmessage = ({ data }) => {
    // An element outside the page could not show the result.
    if (!element.isConnected || !data.message) return;
    if (data.canRetry) {
      clearInterval(poll);
      heldWindows.set(element, release);
    } else release();
    element.popupReported(data.message);
  };
  return true;
};

/**
 * Reports the result to the page that opened this window. Resolves, and closes the window, once that page releases it;
 * rejects if no page answers. With `canRetry` the page releases it only when the flow has ended.
 */
export const report = (challenge, message, canRetry) =>
  new Promise((resolve, reject) => {
    const channel = channelOf(challenge);
    const timer = setTimeout(() => canRetry || reject(Error("no opener")), REPORT_TIMEOUT_MS);
    channel.onmessage = ({ data }) => {
      // A later report of this window, over a channel of its own.
      if (data.message) return;
      clearTimeout(timer);
      resolve();
      close();
    };
    channel.postMessage({ message, canRetry });
  });

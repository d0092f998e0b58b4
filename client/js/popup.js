// A window of its own for the flow: how it is opened and what it tells. Loaded only where `mode` asks for it.
//
// The window passes through pages of others, whose Cross-Origin-Opener-Policy may cut it off from who opened it: then
// `opener` is gone and `closed` lies. It ends on a page of this origin, so the two find each other by a channel.

// A screen that has room for no second window is better off without one.
const ROOM = 600;
const [WIDTH, HEIGHT] = [520, 720];
// How often to look whether the window is still there, and how long to wait for an answer; in milliseconds.
const LOOK = 300;
const PATIENCE = 1000;

const channel = (challenge) => new BroadcastChannel("smooch." + challenge);
const listening = {};
// Lets go of the window that waits for the person, by element.
const waiting = new WeakMap();

/** Opens the link in a window of its own and listens for it. Whether there is one. */
export const open = (element, { href, challenge }) => {
  if (innerWidth < ROOM) return false;
  const place = [screenX + (outerWidth - WIDTH) / 2, screenY + (outerHeight - HEIGHT) / 2].map(Math.round);
  const features = `popup,width=${WIDTH},height=${HEIGHT},left=${place[0]},top=${place[1]}`;
  const child = window.open(href, "smooch." + challenge, features);
  if (!child) return false;
  // Whatever comes to stand in that window has no hold on this page.
  child.opener = null;
  listening[challenge]?.();
  // They start again, so what an earlier window could still send again is not wanted.
  waiting.get(element)?.();
  waiting.delete(element);
  const line = channel(challenge);
  // Whether it was seen at Smooch: not severed there, so that it is true when it is said to be closed.
  let seen = 0;
  const look = setInterval(() => {
    if (!child.closed) {
      try {
        child.location.href;
      } catch {
        seen = 1;
      }
    } else if (document.hasFocus()) {
      clearInterval(look);
      // Its end may still come: what cannot be seen may be there.
      element.handleEvent({ type: "closed", turn: seen });
    }
  }, LOOK);
  listening[challenge] = () => (clearInterval(look), line.close());
  const release = () => (line.postMessage({}), listening[challenge]());
  line.onmessage = ({ data }) => {
    // An element that is gone would be told in vain.
    if (!element.isConnected || !data.message) return;
    if (data.stays) {
      // Its end may still come, and it is not this page's to look for any more.
      clearInterval(look);
      waiting.set(element, release);
    } else release();
    element.handleEvent({ type: "told", value: data.message });
  };
  return true;
};

/**
 * Tells who opened this window what it came to, and closes it once somebody there lets go of it. That is at once, but
 * where it `stays`: the person can have the same sent again here, and here alone.
 */
export const tell = (challenge, message, stays) =>
  new Promise((heard) => {
    const line = channel(challenge);
    const timer = setTimeout(() => stays || heard(false), PATIENCE);
    line.onmessage = ({ data }) => {
      // What it says later itself, by another line.
      if (data.message) return;
      clearTimeout(timer);
      heard(true);
      close();
    };
    line.postMessage({ message, stays });
  });

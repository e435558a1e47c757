// Keeps what an element shows complete: <… data-live="chat" data-catch-up="/…" data-socket="/…">. As long as the
// element is on the page, frames that come over its socket are swapped in, one after the other.
// A frame that came twice is dropped; one that came too early, a heartbeat that is ahead and a tab that was hidden
// make the element ask for what it misses. Without a socket it asks every 3 seconds.
(() => {
  const POLL = 3000;
  const ON_ITS_WAY = 500;
  const HIDDEN_LONG = 5000;
  const GONE = [401, 403, 404];
  // Why a socket was closed. After these it comes back: the server leaves, or the line was lost; after any other
  // code the server wants no more of it.
  const LEFT = [1001, 1005, 1006, 1011, 1012, 1013, 1014];
  const ACCESS_ENDED = 1008;
  const RETURN = 1000;
  const RETURN_AT_LAST = 5000;
  const all = new Map();
  const sockets = new Map();

  class Live {
    constructor(element) {
      this.element = element;
      this.connected = false;
      this.reached = true;
      this.pause = POLL;
      this.tries = 0;
      this.heard = Promise.resolve();
    }

    // What has no numbers is never behind, and takes whatever comes.

    isBehind() {
      return false;
    }

    async takes({ content }) {
      return content;
    }

    wants() {
      return true;
    }

    caughtUp() {}

    catchUpUrl() {
      return `${this.element.dataset.catchUp}?`;
    }

    socketUrl() {
      return this.element.dataset.socket;
    }

    connect() {
      if (!this.element.isConnected) return;
      all.set(this.element, this);
      this.poll();
      const url = location.origin.replace("http", "ws") + this.socketUrl();
      try {
        this.socket = new WebSocket(url, baton.protocols?.() ?? []);
      } catch {
        return; // Forbidden here: to ask is all that is left.
      }
      this.socket.onopen = () => this.opened();
      this.socket.onclose = ({ code }) => this.closed(code);
      this.socket.onmessage = ({ data }) => {
        this.heard = this.heard.then(() => this.hear(JSON.parse(data))).catch(console.error);
      };
    }

    async hear(frame) {
      const content = this.element.isConnected && (await this.admits(frame));
      if (content) await baton.swap(content, this.element);
    }

    disconnect() {
      this.stop();
      sockets.delete(this.element);
      if (!this.socket) return;
      this.socket.onclose = null;
      this.socket.close();
    }

    // What of a frame is to be swapped in, once whatever was missing before it is here.
    async admits(frame) {
      // Not awaited: what comes next may follow on what is shown, and need not wait for the answer.
      if (frame.catch_up || (this.isBehind(frame.heartbeat) && !this.catching)) this.catchUp();
      return this.takes(frame);
    }

    // Once more when it is asking already: what this is about may have come after the answer was made.
    catchUp() {
      this.again = Boolean(this.catching);
      this.catching ??= this.fetchAll().finally(() => (this.catching = null));
      return this.catching;
    }

    async fetchAll() {
      do {
        this.again = false;
        await this.fetchMissing();
      } while (this.again);
    }

    async fetchMissing() {
      const wants = (headers) => this.wants(headers);
      const url = this.catchUpUrl() + (this.connected ? "" : "&polls");
      const { nameless } = this;
      const { ok, status, headers } = await baton.request(url, { source: this.element, wants, nameless });
      this.reached = ok;
      // A server to which everybody comes back at once says when it has time for this.
      this.pause = Math.max(POLL, headers.get("Retry-After") * 1000 * (1 + Math.random()));
      if (ok) this.caughtUp(headers);
      else if (GONE.includes(status)) this.stop();
      else if (this.connected) setTimeout(() => this.element.isConnected && this.catchUp(), this.pause);
      showLine();
    }

    // Also until a socket has opened: one that is blocked may be refused, or get no answer at all for minutes.
    // Pages that lost their sockets together do not ask together. Where sockets are known to work they come back soon,
    // and sooner than all of them could be answered.
    poll(soon = POLL * (0.4 + 0.6 * Math.random()) * (this.hadSocket ? 10 : 1)) {
      this.polling ??= setTimeout(async () => {
        if (!this.element.isConnected) return this.stop();
        await this.catchUp();
        if (!this.polling) return;
        this.polling = null;
        this.poll(this.pause);
      }, soon);
    }

    opened() {
      this.connected = this.reached = this.hadSocket = true;
      this.tries = 0;
      this.stopPolling();
      showLine();
    }

    // Pages that lost their sockets together do not come back together. Who may no longer listen asks at once, and is
    // told so.
    closed(code) {
      this.connected = false;
      // In vain a second time: no restart takes so long. Of what comes then, the answers tell.
      if (this.hadSocket && this.tries === 2) {
        this.reached = false;
        showLine();
      }
      const delay = Math.min(RETURN * 2 ** this.tries++, RETURN_AT_LAST) * (0.2 + 1.6 * Math.random());
      if (LEFT.includes(code)) setTimeout(() => this.connect(), delay);
      this.poll(code === ACCESS_ENDED ? 0 : undefined);
    }

    stopPolling() {
      clearTimeout(this.polling);
      this.polling = null;
    }

    stop() {
      this.stopPolling();
      all.delete(this.element);
    }
  }

  class LiveChat extends Live {
    constructor(element) {
      super(element);
      const entries = element.querySelectorAll("[data-seq]");
      this.last = Math.max(0, ...[...entries].map((entry) => Number(entry.dataset.seq)));
    }

    isBehind(number) {
      return number > this.last;
    }

    // What tells how the chat stood `at` a number is of yesterday once more is shown.
    async takes({ content, after, seq, at = this.last }) {
      if (seq === undefined) return at >= this.last && content;
      if (after > this.last) await this.catching; // which may have been under way already
      if (after > this.last) await this.catchUp();
      return after <= this.last && this.isNew(seq) && content;
    }

    isNew(seq) {
      if (seq <= this.last) return false;
      this.last = seq;
      return true;
    }

    catchUpUrl() {
      return `${this.element.dataset.catchUp}?after=${this.last}`;
    }

    // What it misses is then the first thing that it hears.
    socketUrl() {
      return `${super.socketUrl()}?after=${this.last}`;
    }

    // Pushes may have overtaken the answer; what it says of the chat is then of yesterday.
    wants(headers) {
      return Number(headers.get("Baton-Seq")) >= this.last;
    }

    caughtUp(headers) {
      this.isNew(Number(headers.get("Baton-Seq")));
    }

    // The answer to a message that this page sent: shown already, but numbers before it may be missing. Mostly
    // they are on their way, and the answer has overtaken them.
    answered(after, seq) {
      if (after > this.last) setTimeout(() => seq > this.last && this.catchUp(), ON_ITS_WAY);
      else this.isNew(seq);
    }
  }

  // What else there is on a screen adds its own kind.
  baton.Live = Live;
  baton.kinds = { chat: LiveChat };
  const liveOf = (element) => {
    if (!all.has(element)) all.set(element, new baton.kinds[element.dataset.live](element));
    return all.get(element);
  };

  // Whether the last message of this page was answered at all: a socket may be up when the database is not.
  let heard = true;
  baton.heard = (yes) => {
    heard = yes;
    showLine();
  };

  const showLine = () => {
    const lives = [...all.values()].filter((live) => live.element.isConnected);
    const lost = !navigator.onLine || !heard || lives.some((live) => !live.connected && !live.reached);
    const line = lost ? "lost" : lives.every((live) => live.connected) ? "ok" : "polling";
    if (document.body.dataset.line === line) return;
    document.body.dataset.line = line;
    document.dispatchEvent(new Event("baton:line"));
  };

  htmx.registerExtension("live", {
    htmx_after_process(root) {
      sockets.forEach((live, element) => element.isConnected || live.disconnect());
      const found = [...root.querySelectorAll("[data-socket]"), root.closest("[data-socket]")];
      for (const element of found) {
        if (!element || sockets.has(element)) continue;
        sockets.set(element, liveOf(element));
        liveOf(element).connect();
      }
    },
  });

  let hiddenAt = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (Date.now() - hiddenAt > HIDDEN_LONG) all.forEach((live) => live.catchUp());
  });
  window.addEventListener("offline", showLine);
  window.addEventListener("online", () => { showLine(); all.forEach((live) => live.catchUp()); });

  // Send what is not stored (typing) over the chat's socket, if there is one.
  baton.whisper = (chat, words) => {
    const element = document.querySelector(`[data-live=chat][data-chat="${chat}"]`);
    const socket = element && all.get(element)?.socket;
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(words));
  };

  baton.answered = (chat, headers) => {
    const element = document.querySelector(`[data-live=chat][data-chat="${chat}"]`);
    if (element && headers.has("Baton-Seq")) {
      liveOf(element).answered(Number(headers.get("Baton-After")), Number(headers.get("Baton-Seq")));
    }
  };
})();

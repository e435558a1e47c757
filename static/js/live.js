// Keeps what an element shows complete: <… data-live="chat|inbox|look" data-catch-up="/…" hx-ws:connect="/…">.
// A frame that came twice is dropped; one that came too early, a heartbeat that is ahead and a tab that was hidden
// make the element ask for what it misses. Without a socket it asks every 3 seconds.
(() => {
  const POLL = 3000;
  const ON_ITS_WAY = 500;
  const HIDDEN_LONG = 5000;
  const ACCESS_ENDED = 1008;
  const GONE = [401, 403, 404];
  const all = new Map();

  class Live {
    constructor(element) {
      this.element = element;
      this.connected = false;
      this.reached = true;
      this.pause = POLL;
    }

    // What has no numbers is never behind, and takes whatever comes.

    isBehind() {
      return false;
    }

    async takes() {
      return true;
    }

    wants() {
      return true;
    }

    caughtUp() {}

    catchUpUrl() {
      return `${this.element.dataset.catchUp}?`;
    }

    socketUrl(url) {
      return url;
    }

    // Whether a frame may be swapped in, once whatever was missing before it is here.
    async admits(frame) {
      // Not awaited: what comes next may follow on what is shown, and need not wait for the answer.
      if (frame.catch_up || (this.isBehind(frame.heartbeat) && !this.catching)) this.catchUp();
      return frame.content !== undefined && this.takes(frame);
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
    // Pages that lost their sockets together do not ask together. Where sockets are known to work they come back soon.
    poll(soon = POLL * (0.4 + 0.6 * Math.random()) * (this.hadSocket ? 4 : 1)) {
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
      this.stopPolling();
      showLine();
    }

    // Who may no longer listen comes back to nothing, and is told so at once.
    closed(code) {
      this.connected = false;
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
    async takes({ after, seq, at = this.last }) {
      if (seq === undefined) return at >= this.last;
      if (after > this.last) await this.catching; // which may have been under way already
      if (after > this.last) await this.catchUp();
      return after <= this.last && this.isNew(seq);
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
    socketUrl(url) {
      return `${url.split("?")[0]}?after=${this.last}`;
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

  class LiveInbox extends Live {
    constructor(element) {
      super(element);
      this.versions = new Map();
      this.caughtUp();
    }

    // Marks of what is unread, names and other bots have no number that would tell.
    opened() {
      const returns = this.hadSocket;
      super.opened();
      if (returns) this.catchUp();
    }

    rows() {
      return [...this.element.querySelectorAll("[data-version]")];
    }

    isBehind(digest) {
      const versions = this.rows().map((row) => Number(row.dataset.version));
      return digest !== undefined && digest !== `${versions.length}:${versions.reduce((sum, one) => sum + one, 0)}`;
    }

    // Rows that travel together are dropped together: those of them that are new come with the lists.
    async takes({ rows }) {
      if (!rows) return true;
      await this.catching; // it replaces all rows
      const drawn = Object.entries(rows);
      const old = drawn.filter(([chat, version]) => version < this.versions.get(chat));
      if (old.length) {
        if (old.length < drawn.length) this.catchUp();
        return false;
      }
      for (const [chat, version] of drawn) this.versions.set(chat, version);
      return true;
    }

    caughtUp() {
      for (const { dataset } of this.rows()) this.versions.set(dataset.chat, Number(dataset.version));
    }
  }

  // How a bot looks has no numbers: who comes is told, and who asks. It is nobody's business who that is.
  class LiveLook extends Live {
    nameless = true;
  }

  const KINDS = { chat: LiveChat, inbox: LiveInbox, look: LiveLook };
  const liveOf = (element) => {
    if (!all.has(element)) all.set(element, new KINDS[element.dataset.live](element));
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

  const onSocket = (name, handle) =>
    document.addEventListener(`htmx:ws:${name}`, (event) => {
      if (event.target.dataset?.live) handle(liveOf(event.target), event.detail, event);
    });

  onSocket("before:connection", (live, { connection }) => {
    live.connection = connection;
    connection.url = live.socketUrl(connection.url);
    const protocols = baton.protocols?.();
    if (protocols) connection.config.protocols = protocols;
    live.poll();
  });
  onSocket("after:connection", (live) => live.opened());
  onSocket("close", (live, { reason, code }) => (reason === "closed" ? live.closed(code) : live.stop()));
  onSocket("before:message:incoming", (live, detail) => {
    const frame = JSON.parse(detail.message.data);
    detail.waitUntil(live.admits(frame).then((admitted) => (detail.cancelled = !admitted)));
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
    const socket = element && all.get(element)?.connection?.socket;
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(words));
  };

  baton.answered = (chat, headers) => {
    const element = document.querySelector(`[data-live=chat][data-chat="${chat}"]`);
    if (element && headers.has("Baton-Seq")) {
      liveOf(element).answered(Number(headers.get("Baton-After")), Number(headers.get("Baton-Seq")));
    }
  };
})();

// The lists of the dashboard are complete when their rows add up as the server says: see static/js/live.js.
baton.kinds.inbox = class extends baton.Live {
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
};

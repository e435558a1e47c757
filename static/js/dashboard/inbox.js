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

  // Of rows that travel together, those that are of yesterday are left out.
  async takes({ content, rows }) {
    if (!rows) return content;
    await this.catching; // it replaces all rows
    const fresh = Object.entries(rows).filter(([chat, { version }]) => !(version < this.versions.get(chat)));
    for (const [chat, { version }] of fresh) this.versions.set(chat, version);
    return fresh.map(([, row]) => row.content).join("");
  }

  caughtUp() {
    for (const { dataset } of this.rows()) this.versions.set(dataset.chat, Number(dataset.version));
  }
};

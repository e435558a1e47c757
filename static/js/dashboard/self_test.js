// <ul id="checks" data-socket="/…" data-ticket="…" data-frames="5" data-pause="0.15"> opens a WebSocket as
// chats do, and shows the [data-result] that fits: "good", "held" (frames come late, or all at once) or "bad".
(() => {
  const LONGEST = 8000;
  const checks = document.getElementById("checks");
  const { socket, ticket, frames, pause } = checks.dataset;

  // Whether most of what was sent one by one arrived together.
  const collected = (came) => {
    const gaps = came.slice(1).map((time, index) => time - came[index]);
    return gaps.filter((gap) => gap < pause * 500).length > gaps.length / 2;
  };

  const show = (result) => {
    for (const one of checks.querySelectorAll("[data-result]")) one.hidden = one.dataset.result !== result;
  };

  const listen = () =>
    new Promise((resolve) => {
      const came = [];
      let opened = false;
      const ws = new WebSocket(location.origin.replace(/^http/, "ws") + socket, ["baton", ticket]);
      const end = () => (resolve(opened ? "held" : "bad"), ws.close());
      ws.onopen = () => (opened = true);
      ws.onmessage = () => {
        came.push(performance.now());
        if (came.length < frames) return;
        resolve(collected(came) ? "held" : "good");
        ws.close();
      };
      ws.onclose = end;
      setTimeout(end, LONGEST);
    });

  listen().then(show);
})();

// In the page: players as their projects ship them, with CMCD switched on, and somebody who watches
// the <video> element and nothing else, so that what is seen owes nothing to what players say.

/** How to start each of them: where, as whom, and with what else set. Resolves once it loads. */
const PLAYERS = {
  "dash.js"(video, { url, sid, cid, low, events }) {
    const player = dashjs.MediaPlayer().create();
    const cmcd = { enabled: true, sid, cid, mode: "query" };
    if (events) {
      const target = { enabled: true, url: events, events: ["ps", "e", "t"], interval: 5, batchSize: 1 };
      target.enabledKeys = ["e", "ts", "sta", "sid", "cid", "bl", "br", "pt", "v", "sn", "bs", "bsd"];
      Object.assign(cmcd, { version: 2, eventTargets: [target] });
    }
    // Where it abandons a segment and soon changes its rung again, it may append the next one after
    // the wrong initialisation (5.2.1 under load, one time in a few), which nothing can decode.
    const streaming = { cmcd, abr: { rules: { abandonRequestsRule: { active: false } } } };
    if (low) Object.assign(streaming, { delay: { liveDelay: low }, liveCatchup: { enabled: true } });
    player.updateSettings({ debug: { logLevel: dashjs.Debug.LOG_LEVEL_WARNING }, streaming });
    player.on(dashjs.MediaPlayer.events.ERROR, ({ error }) => told(`${error.code} ${error.message}`));
    player.initialize(video, url, true);
    window.behind = () => player.getCurrentLiveLatency();
  },
  "hls.js"(video, { url, sid, cid, low, events }) {
    const cmcd = { sessionId: sid, contentId: cid };
    if (events) {
      const target = { url: events, events: ["ps", "e", "t"], interval: 5, batchSize: 1 };
      Object.assign(cmcd, { version: 2, eventTargets: [target] });
    }
    // Unless told otherwise it never plays faster to catch up.
    const player = new Hls({ cmcd, lowLatencyMode: Boolean(low), maxLiveSyncPlaybackRate: 1.5 });
    player.on(Hls.Events.ERROR, (_, { fatal, details, error, reason }) => {
      // An empty buffer, a hole in it that is leapt over, a segment given up in good time: it says
      // that these are errors, and goes on.
      const minor = /^(buffer(StalledError|NudgeOnStall|SeekOverHole)|aborted)$/.test(details);
      if (fatal || !minor) told(`${fatal ? "fatal: " : ""}${details} ${reason ?? error?.message ?? ""}`);
    });
    player.loadSource(url);
    player.attachMedia(video);
    window.behind = () => player.latency;
    return video.play();
  },
  async shaka(video, { url, sid, cid, low, events }) {
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    await player.attach(video);
    // The one whose words come in headers.
    const cmcd = { enabled: true, sessionId: sid, contentId: cid, useHeaders: true };
    if (events) {
      const target = { mode: "event", enabled: true, url: events, events: ["ps", "e", "t"] };
      Object.assign(target, { includeKeys: [], interval: 5, batchSize: 1, useHeaders: false });
      Object.assign(cmcd, { version: 2, eventTargets: [target] });
    }
    player.configure({ cmcd });
    if (low) player.configure({ streaming: { lowLatencyMode: true } });
    player.addEventListener("error", ({ detail }) => told(`${detail.code} ${detail.message}`));
    await player.load(url);
    window.behind = () => player.getStats().liveLatency;
    return video.play();
  },
};

/** What went wrong, in the words of players. */
const troubles = [];
const told = (trouble) => troubles.push(trouble);

/** How often the playhead is looked at, and how long it has to stand to have stalled, in ms. */
const LOOK = 50;
const STALL = 250;

/** Starts a player, and takes down what its picture does. */
window.watch = (name, how) => {
  const video = document.querySelector("video");
  const began = performance.now();
  const now = () => (performance.now() - began) / 1000;
  const seen = { startup: null, stalls: [], heights: [], ended: null, waits: 0, behind: [] };
  Object.assign(window, { seen, began });
  const look = (event) => {
    if (event === "waiting" && seen.startup !== null) seen.waits += 1;
    if (event === "resize" && video.videoHeight) seen.heights.push([now(), video.videoHeight]);
    // Players recover from some, and then the element knows nothing of them any more.
    if (event === "error") told(`at ${video.currentTime} s: ${video.error?.message}`);
  };
  for (const event of ["waiting", "resize", "error"]) video.addEventListener(event, () => look(event));
  let moved = { at: null, place: 0 };
  setInterval(() => {
    const [at, place] = [now(), video.currentTime];
    if (seen.ended !== null) return;
    // At the last picture dash.js now and then goes back half a second, to hear that it has ended.
    if (video.ended || place > video.duration - 0.1) seen.ended = at;
    seen.media = place;
    if (place === moved.place || video.seeking || video.readyState < 2) {
      // A playhead that stands, or is being put elsewhere.
    } else if (seen.startup === null) {
      Object.assign(seen, { startup: at, place });
      moved = { at, place };
    } else {
      const stood = (at - moved.at) * 1000;
      if (stood > STALL) seen.stalls.push([moved.at, at]);
      moved = { at, place };
    }
    seen.moved = moved.at;
    if (window.behind && seen.startup !== null) seen.behind.push([at, window.behind()]);
  }, LOOK);
  video.muted = true;
  return Promise.resolve(PLAYERS[name](video, how)).catch((error) => told(String(error?.code ?? error)));
};

/** What was seen so far. */
window.report = () => {
  const video = document.querySelector("video");
  const { totalVideoFrames: frames, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
  // Abrsim counts from the first request; the player had to be made before that.
  const requests = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/as/"));
  const first = requests.length ? (requests[0].startTime - window.began) / 1000 : 0;
  return { ...window.seen, first, frames, dropped, troubles, error: video.error?.message ?? null };
};

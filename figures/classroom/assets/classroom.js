// What needs no answer from the server: the address, the buttons, the dragged target.
const control = (name) => ({ name, type: "control" });

function named(ids, values) {
  return Object.fromEntries(ids.map((id, k) => [id.name, values[k]]));
}

window.dash_clientside = Object.assign({}, window.dash_clientside, {
  classroom: {
    // The state of the page into its address, so that a link is a lesson.
    address(values, ids, view) {
      const query = new URLSearchParams({ view, ...named(ids, values) });
      window.history.replaceState(null, "", "?" + query.toString());
      return query.toString();
    },

    // The target follows the disc that is dragged, or the place that is clicked.
    drag(relayouts, ids, values) {
      const moved = relayouts[0];
      const state = named(ids, values);
      if (!moved || !("x" in state) || moved["shapes[0].x0"] === undefined) {
        return window.dash_clientside.no_update;
      }
      place((moved["shapes[0].x0"] + moved["shapes[0].x1"]) / 2,
            (moved["shapes[0].y0"] + moved["shapes[0].y1"]) / 2);
      return "moved";
    },

    // Step, play, reset: n grows by a tenth, by one at least.
    play(step, play, reset, ticks, ids, values, running, limit) {
      const asked = window.dash_clientside.callback_context.triggered.map((t) => t.prop_id)[0] || "";
      const n = named(ids, values).n;
      const none = window.dash_clientside.no_update;
      if (asked.startsWith("play.")) return [!running, running ? "Play" : "Stop"];
      if (asked.startsWith("reset.")) {
        window.dash_clientside.set_props(control("n"), { value: 1 });
        return [true, "Play"];
      }
      if (asked.startsWith("step.") || asked.startsWith("clock.")) {
        const next = Math.min(limit, n + (asked.startsWith("step.") ? 1 : Math.max(1, Math.floor(n / 10))));
        window.dash_clientside.set_props(control("n"), { value: next });
        if (asked.startsWith("clock.") && next >= limit) return [true, "Play"];
      }
      return [none, none];
    },
  },
});

function place(x, y) {
  const inside = (value) => Math.round(100 * Math.max(-1.8, Math.min(1.8, value))) / 100;
  window.dash_clientside.set_props(control("x"), { value: inside(x) });
  window.dash_clientside.set_props(control("y"), { value: inside(y) });
}

// A click anywhere in the plane, on a neuron or not.
document.addEventListener("click", (event) => {
  const graph = event.target.closest && event.target.closest("#plane .js-plotly-plot");
  if (!graph || !event.target.classList.contains("drag")) return;
  const box = graph.querySelector(".nsewdrag").getBoundingClientRect();
  const { xaxis, yaxis } = graph._fullLayout;
  place(xaxis.p2d(event.clientX - box.left), yaxis.p2d(event.clientY - box.top));
});

// Both pictures as files.
document.addEventListener("click", (event) => {
  const format = event.target.dataset && event.target.dataset.format;
  if (!format) return;
  document.querySelectorAll(".panel .js-plotly-plot").forEach((graph, k) => {
    const view = new URLSearchParams(window.location.search).get("view") || "hull";
    window.Plotly.downloadImage(graph, { format, filename: `${view}-${k + 1}`, width: 900, height: 600, scale: 2 });
  });
});

// A number that is typed counts when Enter is pressed, not only when the field is left.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.type === "number") event.target.blur();
});

"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const S = data.s, facets = data.facets, items = data.items, PAGE = 40;
  const $ = id => document.getElementById(id);
  const make = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text !== undefined) e.textContent = text; return e; };
  const memo = "uioscope:" + data.key;
  let kept = Object.create(null);
  let lasts = true;
  const field = v => typeof v === "string" ? v.slice(0, 10000) : "";
  const take = (id, v) => { if (v && typeof v === "object") kept[id] = { done: v.done === true, owner: field(v.owner), note: field(v.note) }; };
  try { const old = JSON.parse(localStorage.getItem(memo) || "{}"); if (old && typeof old === "object") for (const id of Object.keys(old)) take(id, old[id]); } catch { lasts = false; }
  const warn = text => { const p = make("p", "warning", text); p.setAttribute("role", "alert"); $("finder").before(p); };
  const save = () => { try { localStorage.setItem(memo, JSON.stringify(kept)); } catch { if (lasts) warn("This browser keeps nothing for this page: export the checklist before you leave."); lasts = false; } };
  const mine = it => kept[it.id] || { done: false, owner: "", note: "" };
  const change = (it, what) => { kept[it.id] = Object.assign({}, mine(it), what); save(); it.hay = null; };
  // An item's strings are numbers of the table, so that what stands often is written once.
  items.forEach((it, at) => { it.at = at; it.tags = it.t.map(l => l.map(n => S[n])); it.sets = it.tags.map(l => new Set(l)); });
  const words = part => part.k === "steps" ? part.r.map(r => r.map(n => n < 0 ? "" : S[n]).join(" ")).join(" ") : part.k === "code" ? part.l.map(l => S[l]).join(" ") : S[part.x];
  const hay = it => it.hay || (it.hay = (it.id + " " + S[it.p] + " " + S[it.y] + " " + it.tags.map(l => l.join(" ")).join(" ") + " " + it.b.map(b => (b.h < 0 ? "" : S[b.h]) + " " + words(b)).join(" ") + " " + mine(it).owner + " " + mine(it).note).toLowerCase());
  const chosen = facets.map(() => new Set());
  let matched = items, shown = 0, at = -1;
  // Of the facets that are chosen, how many an item misses, and the one that it missed last.
  const misses = it => { let n = 0, last = -1; for (let f = 0; f < facets.length && n < 2; f++) { if (!chosen[f].size) continue; let any = false; for (const v of it.tags[f]) if (chosen[f].has(v)) { any = true; break; } if (!any) { n++; last = f; } } it.misses = n; it.missed = last; };
  const says = (it, terms, state) => {
    if (state && mine(it).done !== (state === "done")) return false;
    if (terms.length) { const text = hay(it); for (const t of terms) if (!text.includes(t)) return false; }
    return true;
  };
  // Bars: made once; a keystroke only changes their numbers and widths.
  const bars = facets.map((f, n) => {
    const all = new Map();
    for (const it of items) for (const v of it.sets[n]) all.set(v, (all.get(v) || 0) + 1);
    const order = [...all.keys()].sort((a, b) => all.get(b) - all.get(a) || (a < b ? -1 : 1));
    const box = make("details", "facet"); box.open = f.open && !matchMedia("(max-width: 40rem)").matches; box.append(make("summary", "", "by " + f.name));
    const rows = order.map((v, i) => {
      const b = make("button", "value"); b.type = "button"; b.setAttribute("aria-pressed", "false"); b.hidden = i >= 10;
      const bar = make("i"), name = make("span", "", v), num = make("span"); b.append(bar, name, num); b.dataset.value = v;
      b.onclick = () => { chosen[n].has(v) ? chosen[n].delete(v) : chosen[n].add(v); filter(); };
      box.append(b); return { v, b, bar, num, all: all.get(v) };
    });
    if (order.length > 10) { const more = make("button", "", (order.length - 10) + " more"); more.type = "button"; more.onclick = () => { for (const r of rows) r.b.hidden = false; more.remove(); }; box.append(more); }
    if (order.length) $("facets").append(box);
    return { rows, most: Math.max(1, ...all.values()) };
  });
  const filter = () => {
    const terms = $("search").value.toLowerCase().split(/\s+/).filter(Boolean), state = $("state").value;
    const said = items.filter(it => says(it, terms, state)); said.forEach(misses);
    matched = said.filter(it => it.misses === 0);
    // A bar counts what its own facet's choice would leave if it were not made.
    facets.forEach((_, n) => {
      const now = new Map();
      for (const it of said) if (it.misses === 0 || (it.misses === 1 && it.missed === n)) for (const v of it.sets[n]) now.set(v, (now.get(v) || 0) + 1);
      for (const r of bars[n].rows) {
        const c = now.get(r.v) || 0, on = chosen[n].has(r.v);
        const label = c === r.all ? String(c) : c + " of " + r.all; if (r.num.textContent !== label) r.num.textContent = label;
        r.bar.style.width = (100 * c / bars[n].most) + "%"; r.b.classList.toggle("none", !c); r.b.setAttribute("aria-pressed", String(on)); if (on) r.b.hidden = false;
      }
    });
    $("list").textContent = ""; shown = 0; at = -1; more(); tell();
  };
  const tell = () => { const done = items.reduce((n, it) => n + (mine(it).done ? 1 : 0), 0); $("count").textContent = (matched.length === items.length ? items.length + " " + data.noun : matched.length + " of " + items.length + " " + data.noun) + ", " + done + " ticked"; };
  const more = (upto) => {
    const end = Math.min(matched.length, upto === undefined ? shown + PAGE : Math.max(upto, shown)), part = document.createDocumentFragment();
    for (; shown < end; shown++) part.append(row(matched[shown]));
    $("list").append(part); $("more").hidden = shown >= matched.length; $("more").textContent = "Show more (" + (matched.length - shown) + " left)";
  };
  const row = it => {
    const box = make("article", "item " + it.l); box.id = it.id; box.it = it;
    const head = make("div", "head"), tick = make("input"); tick.type = "checkbox"; tick.checked = mine(it).done; tick.setAttribute("aria-label", "done: " + S[it.p]);
    tick.onchange = () => { change(it, { done: tick.checked }); box.classList.toggle("done", tick.checked); tell(); };
    const place = make("button", "place", S[it.p]); place.type = "button"; place.setAttribute("aria-expanded", "false"); place.onclick = () => open(box);
    head.append(tick, place);
    it.tags.forEach((l, n) => { if (facets[n].tag) for (const v of l) head.append(make("span", "tag" + (facets[n].lead ? " lead" : ""), v)); });
    const link = make("a", "", "#"); link.href = "#" + encodeURIComponent(it.id); link.title = "link to this"; head.append(link);
    if (S[it.y]) head.append(make("code", "says", S[it.y]));
    box.append(head); box.classList.toggle("done", tick.checked); return box;
  };
  const fill = box => {
    const it = box.it, body = make("div", "body");
    for (const b of it.b) {
      if (b.h >= 0) body.append(make("h3", "", S[b.h]));
      if (b.k === "text") body.append(make("p", "", S[b.x]));
      else if (b.k === "code") { const pre = make("pre"); b.l.forEach((l, i) => { const t = S[l]; pre.append(make("span", "n", String(b.f + i).padStart(6) + "  ")); if (i === b.m[0]) { const c = [...t]; pre.append(c.slice(0, b.m[1]).join(""), make("mark", "", c.slice(b.m[1], b.m[2]).join("")), c.slice(b.m[2]).join("")); } else pre.append(t); pre.append("\n"); }); body.append(pre); }
      else { const ol = make("ol", "steps"); for (const [where, what, src, when] of b.r) { const li = make("li"); li.append(make("code", "", S[where]), " ", what < 0 ? "" : S[what]); if (when >= 0) li.append(" ", make("span", "when", S[when])); if (src >= 0) li.append(make("code", "src", S[src])); ol.append(li); } body.append(ol); }
    }
    const v = mine(it), keep = make("div", "keep" + (v.owner || v.note ? " used" : ""));
    const owner = make("input", "owner"), note = make("textarea", "note"); owner.placeholder = "owner"; note.placeholder = "note"; owner.setAttribute("aria-label", "owner"); note.setAttribute("aria-label", "note");
    owner.maxLength = note.maxLength = 10000; owner.value = v.owner; note.value = v.note; owner.oninput = () => change(it, { owner: owner.value }); note.oninput = () => change(it, { note: note.value });
    keep.append(owner, note); body.append(keep); box.append(body);
  };
  const open = (box, wanted) => {
    let body = box.querySelector(".body"); const want = wanted === undefined ? !body || body.hidden : wanted;
    if (want && !body) { fill(box); body = box.querySelector(".body"); }
    if (body) body.hidden = !want; box.querySelector(".place").setAttribute("aria-expanded", String(want));
  };
  const go = n => { if (n < 0 || n >= matched.length) return; if (n >= shown) more(n + PAGE); const old = $("list").children[at]; if (old) old.classList.remove("at"); at = n; const box = $("list").children[n]; box.classList.add("at"); box.querySelector(".place").focus({ preventScroll: true }); box.scrollIntoView({ block: "nearest" }); };
  const clear = () => { $("search").value = ""; $("state").value = ""; chosen.forEach(c => c.clear()); filter(); };
  const follow = () => {
    let id; try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; } if (!id) return;
    const it = items.find(i => i.id === id); if (!it) { warn("No entry " + id.slice(0, 80) + " in this report: it may be gone since the link was made."); return; }
    if (!matched.includes(it)) clear(); const n = matched.indexOf(it); go(n); const box = $("list").children[n]; open(box, true); box.scrollIntoView();
  };
  $("search").oninput = filter; $("state").onchange = filter; $("clear").onclick = clear; $("more").onclick = () => more();
  $("export").onclick = () => {
    const known = new Set(items.map(i => i.id)), list = items.filter(i => kept[i.id]).map(i => Object.assign({ id: i.id, place: S[i.p] }, mine(i)));
    for (const id of Object.keys(kept)) if (!known.has(id)) list.push(Object.assign({ id, place: null }, kept[id]));
    const out = { schema: data.ticks, report: data.kind, about: data.key, items: list };
    const a = make("a"); a.href = URL.createObjectURL(new Blob([JSON.stringify(out, null, 2) + "\n"], { type: "application/json" })); a.download = "checklist-" + data.kind.replace(/[^a-z0-9]+/g, "-") + ".json"; document.body.append(a); a.click(); a.remove(); setTimeout(() => URL.revokeObjectURL(a.href), 10000);
  };
  $("import").onchange = async () => {
    const file = $("import").files[0]; if (!file) return;
    try { if (file.size > 20e6) throw 0; const doc = JSON.parse(await file.text()); if (doc.schema !== data.ticks || !Array.isArray(doc.items)) throw 0; for (const v of doc.items) if (v && typeof v.id === "string" && v.id !== "__proto__") take(v.id, v); save(); for (const it of items) it.hay = null; filter(); if (doc.about !== data.key) warn("This checklist was exported from another report (" + field(doc.about).slice(0, 200) + "); entries with the same ids were taken."); }
    catch { warn("That file is no checklist that this page exports; nothing was taken."); } $("import").value = "";
  };
  document.addEventListener("keydown", e => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && e.target.type !== "checkbox";
    if (e.ctrlKey || e.metaKey || e.altKey) return; if (typing) { if (e.key === "Escape") e.target.blur(); return; }
    const box = $("list").children[at];
    if (e.key === "/") { $("search").focus(); $("search").select(); } else if (e.key === "j") go(at + 1); else if (e.key === "k") go(at - 1); else if (e.key === "o" && box) open(box); else if (e.key === "x" && box) box.querySelector("input[type=checkbox]").click(); else if (e.key === "c") clear(); else return;
    e.preventDefault();
  });
  // Paper shows all that the filter leaves; of very many only the heads.
  addEventListener("beforeprint", () => { more(matched.length); const many = matched.length > 500; for (const box of $("list").children) { if (!many) open(box, true); } if (many) $("count").textContent += "; printed without their paths: filter to 500 or fewer to print those"; });
  new IntersectionObserver(seen => { if (seen.some(s => s.isIntersecting) && shown < matched.length) more(); }, { rootMargin: "400px" }).observe($("more"));
  // What is searched is put together while nobody waits for it.
  let ready = 0; const prepare = () => { const end = performance.now() + 8; while (ready < items.length && performance.now() < end) hay(items[ready++]); if (ready < items.length) setTimeout(prepare, 0); }; setTimeout(prepare, 0);
  addEventListener("hashchange", follow); filter(); follow();
})();

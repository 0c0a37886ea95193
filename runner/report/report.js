'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.getElementById('report');
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Elements are made, never parsed from text: names come from people's files.
  const make = (tag, props, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props || {})) {
      if (key === 'class') node.className = value;
      else if (key === 'style') node.style.cssText = value;
      else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value);
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined) node.append(child);
    }
    return node;
  };
  const clock = (s) => {
    const sign = s < 0 ? '-' : '';
    const whole = Math.floor(Math.abs(s));
    const pad = (n) => String(n).padStart(2, '0');
    const h = Math.floor(whole / 3600);
    return sign + (h ? h + ':' + pad(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)) + ':' + pad(whole % 60);
  };
  // 2:04.008, as `orrery why` writes it.
  const stamp = (s) => {
    const ms = Math.floor(s * 1000 + 1e-6);
    return clock(Math.floor(ms / 1000)) + '.' + String(ms % 1000).padStart(3, '0');
  };
  const number = (v, digits) => v === null || v === undefined ? '–' : Number(v).toLocaleString('en', { maximumFractionDigits: digits });
  const span = (s) => s < 1 ? number(s * 1000, 0) + ' ms' : s < 100 ? number(s, 1) + ' s' : clock(s);
  const words = { pass: 'PASS', fail: 'FAIL', inconclusive: 'INCONCLUSIVE' };
  const marks = { pass: '✓ pass', fail: '✗ fail', inconclusive: '? unsure' };
  const table = (heads, rows) => make('div', { class: 'scroll' }, make('table', {},
    make('thead', {}, make('tr', {}, heads.map((h) => make('th', h.startsWith('#') ? { class: 'num' } : {}, h.replace('#', ''))))),
    make('tbody', {}, rows)));

  // Head.
  const seeds = data.fingerprints;
  const seedText = seeds.length === 1 ? 'seed ' + seeds[0][0] : 'seeds ' + seeds[0][0] + '..' + seeds[seeds.length - 1][0];
  root.append(make('div', { class: 'head' },
    make('div', {}, make('h1', {}, data.name),
      make('div', { class: 'sub' }, [seedText, clock(data.duration) + ' ' + (data.world === 'simulated' ? 'simulated' : 'on ' + data.world),
        data.profile, data.steady ? 'steady before the first change' : 'not steady before the first change'].join(' · '))),
    make('div', { class: 'badge ' + data.verdict }, words[data.verdict])));
  for (const note of data.notes) root.append(make('div', { class: 'note' }, note));

  // Expectations.
  root.append(make('h2', {}, 'Expectations'));
  root.append(make('div', { class: 'card' }, data.expectations.length === 0 ? 'The scenario expects nothing.' :
    table(['', 'Expectation', 'Observed', 'Wanted', '#Runs'], data.expectations.map((e) => make('tr', {},
      make('td', { class: 'state ' + e.verdict }, marks[e.verdict]),
      make('td', {}, e.id),
      make('td', {}, e.observed || '–', e.worst ? make('div', { class: 'sub' }, e.worst) : null, e.why ? make('div', { class: 'sub' }, e.why) : null),
      make('td', {}, e.bound),
      make('td', { class: 'num' }, e.passed + '/' + e.seeds))))));

  // Timeline.
  if (data.timeline.length > 0) {
    root.append(make('h2', {}, 'Timeline'));
    const at = (t) => 'left:' + (100 * t / data.duration).toFixed(3) + '%';
    const track = make('div', { class: 'track', 'aria-hidden': 'true' }, make('div', { class: 'bar' }),
      make('div', { class: 'warm', style: 'width:' + (100 * data.warmup / data.duration).toFixed(3) + '%' }));
    // What happens at almost the same time stands side by side under one label.
    const groups = [];
    for (const e of data.timeline) {
      const last = groups[groups.length - 1];
      if (last && (e.t - last[0].t) / data.duration < 0.018) last.push(e);
      else groups.push([e]);
    }
    let free = 0;
    for (const group of groups) {
      group.forEach((e, i) => track.append(make('div', { class: 'mark' + (e.fault ? ' fault' : ''),
        style: at(e.t) + ';margin-left:' + (17 * (i - (group.length - 1) / 2) - 8) + 'px', title: e.id })));
      // Labels that would touch their neighbour are left to the table below; a letter is about 7 of 1000 px.
      const label = group.length > 3 ? group[0].id + ' and ' + (group.length - 1) + ' more' : group.map((e) => e.id).join(', ');
      const half = 0.0035 * label.length + 0.005;
      const middle = Math.min(Math.max(group[0].t / data.duration, half), 1 - half);
      if (middle - half < free) continue;
      track.append(make('div', { class: 'tick', style: at(middle * data.duration) }, label));
      free = middle + half;
    }
    root.append(make('div', { class: 'card' }, track, table(['#At', 'Id', 'What', 'What it did in the first seed'],
      data.timeline.map((e) => make('tr', {},
        make('td', { class: 'num' }, clock(e.t)),
        make('td', {}, e.id),
        make('td', {}, e.text),
        make('td', {}, e.effect || '', e.recovered !== undefined ? make('div', { class: 'sub' }, 'back after ' + span(e.recovered)) : null))))));
  }

  // Charts. Faults are drawn behind the lines as in the timeline.
  const charts = [];
  const timelineMarks = {
    hooks: {
      drawAxes: [(u) => {
        const { ctx, bbox } = u;
        ctx.save();
        for (const e of data.timeline) {
          const x = Math.round(u.valToPos(e.t, 'x', true));
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.strokeStyle = css(e.fault ? '--fail' : '--accent');
          ctx.globalAlpha = 0.7;
          ctx.lineWidth = 1.5 * devicePixelRatio;
          ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
        }
        ctx.restore();
      }],
    },
  };
  const chart = (title, unit, series, options) => {
    const legend = make('div', { class: 'legend' });
    const box = make('div', {});
    const card = make('div', { class: 'card' }, make('div', { class: 'chart-title' }, title), legend, box);
    const write = (index) => {
      legend.replaceChildren(...series.lines.map((line) => {
        const value = index === null || index === undefined ? null : line.values[index];
        return make('span', {}, make('i', { style: 'background:' + css(line.colour) }),
          line.label + (value === null || value === undefined ? '' : ' ' + number(value, 2) + unit));
      }), index === null || index === undefined ? '' : make('span', {}, 'at ' + clock(series.t[index])));
    };
    const build = () => {
      const axis = { stroke: css('--soft'), grid: { stroke: css('--grid'), width: 1 }, ticks: { stroke: css('--grid') } };
      const width = Math.max(260, card.clientWidth - 34);
      const plot = new uPlot({
        width, height: 190,
        cursor: { y: false, sync: { key: 'run' } },
        legend: { show: false },
        scales: { x: { time: false, range: [0, data.duration] }, y: { range: options.range } },
        axes: [{ ...axis, values: (u, vals) => vals.map(clock), space: 70 },
          { ...axis, size: 54, values: (u, vals) => vals.map((v) => number(v, 2)) }],
        series: [{}, ...series.lines.map((line) => ({
          stroke: css(line.colour), width: 1.8, points: { show: false }, spanGaps: false,
          fill: line.fill ? css(line.colour) + '30' : undefined,
          paths: options.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
        }))],
        hooks: { setCursor: [(u) => write(u.cursor.idx)] },
        plugins: [timelineMarks],
      }, [series.t, ...series.lines.map((line) => line.values)], box);
      return plot;
    };
    write(null);
    charts.push({ box, build, plot: null });
    return card;
  };
  const draw = () => {
    for (const c of charts) {
      if (!c.box.isConnected) continue;
      if (c.plot) c.plot.destroy();
      c.plot = c.build();
    }
  };
  const fromZero = (u, low, high) => [0, high > 0 ? high * 1.08 : 1];
  // Start-up is drawn but sets no scale: nobody is served before the first pod is ready.
  const measured = (s, values) => values.filter((v, i) => v !== null && s.t[i] >= data.warmup);
  const percent = (s) => () => {
    const seen = measured(s, s.success);
    const low = seen.length > 0 ? Math.min(...seen) : 100;
    return [low >= 99.9 ? 99 : Math.max(0, low - (100 - low) * 0.1), 100.0001];
  };

  const requests = (s) => {
    const failed = s.requests - s.succeeded;
    const errors = Object.entries(s.errors).map(([kind, n]) => kind + ' ' + number(n, 0)).join(', ');
    return make('div', {},
      make('div', { class: 'sub', style: 'margin-bottom:10px' },
        number(s.requests, 0) + ' requests after the warm-up, ' + (failed === 0 ? 'none failed' :
          number(failed, 0) + ' failed (' + errors + ')') + ' · p50 ' + number(s.totalP50, 2) + ' ms · p99 ' + number(s.totalP99, 2) + ' ms'),
      make('div', { class: 'grid' },
        chart('Load, requests/s', '/s', { t: s.t, lines: [{ label: 'requests', values: s.rate, colour: '--s1', fill: true }] }, { range: fromZero }),
        chart('Success, %', ' %', { t: s.t, lines: [{ label: 'success', values: s.success, colour: '--s3' }] }, { range: percent(s) }),
        chart('Response time, ms', ' ms', { t: s.t, lines: [{ label: 'p50', values: s.p50, colour: '--s1' },
          { label: 'p99', values: s.p99, colour: '--s2' }] },
        { range: () => [0, 1.08 * Math.max(0.001, ...measured(s, s.p99))] })));
  };
  const chooser = (items, render) => {
    const tabs = make('div', { class: 'tabs', role: 'group' });
    const body = make('div', {});
    items.forEach((item, i) => tabs.append(make('button', { type: 'button', 'aria-pressed': String(i === 0), onclick: (event) => {
      for (const b of tabs.children) b.setAttribute('aria-pressed', 'false');
      event.currentTarget.setAttribute('aria-pressed', 'true');
      body.replaceChildren(render(item));
      draw();
    } }, item.name.replace(/(^|→ )default\//g, '$1'))));
    body.append(render(items[0]));
    return items.length > 1 ? [tabs, body] : [body];
  };

  // What users saw first: journeys, or else the services that were called.
  if (data.journeys.length > 0) {
    root.append(make('h2', {}, 'What users saw'));
    root.append(...chooser(data.journeys, requests));
  }
  if (data.why.length > 0) {
    root.append(make('h2', {}, 'Why requests failed, first seed'));
    root.append(make('div', { class: 'card' }, ...data.why.map((chain, i) => make('details', i === 0 ? { open: '' } : {},
      make('summary', {}, chain.line),
      table(['#At', 'What', 'Where', ''], chain.steps.map(([t, what, subject, detail]) => make('tr', {},
        make('td', { class: 'num mono' }, stamp(t)), make('td', {}, what), make('td', { class: 'mono' }, subject),
        make('td', {}, detail))))))));
  }
  if (data.policies.length > 0) {
    root.append(make('h2', {}, 'What policies did, all seeds'));
    root.append(make('div', { class: 'card' }, ...data.policies.map((line) => make('div', {}, line))));
  }
  if (data.policyCharts.length > 0) {
    root.append(make('h2', {}, 'What policies did over time, first seed'));
    root.append(...chooser(data.policyCharts, (p) => {
      // A line that never leaves the ground says nothing.
      const lines = (all) => all.filter((line) => line.values.some((v) => v > 0));
      const calls = lines([{ label: 'retries', values: p.retries, colour: '--s1' }, { label: 'hedges', values: p.hedges, colour: '--s2' },
        { label: 'fallbacks', values: p.fallbacks, colour: '--s3' },
        { label: 'turned away', values: p.turnedAway, colour: '--s4' }]);
      const states = lines([{ label: 'openings', values: p.openings, colour: '--s4' }, { label: 'ejections', values: p.ejections, colour: '--s5' }]);
      return make('div', { class: 'grid' },
        calls.length > 0 ? chart('Calls/s', '/s', { t: p.t, lines: calls }, { range: fromZero }) : null,
        states.length > 0 ? chart('Breakers opened, hosts ejected', '', { t: p.t, lines: states }, { range: fromZero, steps: true }) : null);
    }));
  }
  const busy = data.services.filter((s) => s.requests > 0);
  if (busy.length > 0) {
    root.append(make('h2', {}, 'What callers saw of each service'));
    const worst = [...busy].sort((a, b) => (b.requests - b.succeeded) / b.requests - (a.requests - a.succeeded) / a.requests ||
      b.totalP99 - a.totalP99);
    root.append(make('div', { class: 'card', style: 'margin-bottom:14px' }, table(
      ['Service', '#Requests', '#Failed', '#Success %', '#p50 ms', '#p99 ms'], worst.map((s) => make('tr', {},
        make('td', {}, s.name.replace(/^default\//, '')),
        make('td', { class: 'num' }, number(s.requests, 0)),
        make('td', { class: 'num' }, number(s.requests - s.succeeded, 0)),
        make('td', { class: 'num' }, (100 * s.succeeded / s.requests).toFixed(3)),
        make('td', { class: 'num' }, number(s.totalP50, 2)),
        make('td', { class: 'num' }, number(s.totalP99, 2)))))));
    root.append(...chooser(worst, requests));
  }

  // Consumer groups.
  if (data.groups.length > 0) {
    root.append(make('h2', {}, 'What consumers of topics left lying, first seed'));
    root.append(...chooser(data.groups, (g) => make('div', {},
      make('div', { class: 'sub', style: 'margin-bottom:10px' }, [number(g.published, 0) + ' messages published',
        number(g.finished, 0) + ' finished', g.dead > 0 ? number(g.dead, 0) + ' of them given up' : null,
        number(g.redelivered, 0) + ' delivered again'].filter(Boolean).join(' · ')),
      make('div', { class: 'grid' },
        chart('Lag, messages', ' messages', { t: g.t, lines: [{ label: 'not finished', values: g.lag, colour: '--s1', fill: true }] }, { range: fromZero }),
        chart('Age of the oldest message, s', ' s', { t: g.t, lines: [{ label: 'age', values: g.age, colour: '--s2' }] }, { range: fromZero })))));
  }

  // Pods.
  const palette = ['--s1', '--s2', '--s3', '--s4', '--s5'];
  const extend = (d) => {
    const t = [...d.t, data.duration];
    const hold = (values) => [...values, values[values.length - 1]];
    return { t, hold };
  };
  const touched = data.deployments.filter((d) => d.t.length > 0).sort((a, b) => b.rollouts.length - a.rollouts.length ||
    (Object.keys(b.ready).length - Object.keys(a.ready).length));
  if (touched.length > 0) {
    root.append(make('h2', {}, 'Pods per version, first seed'));
    root.append(...chooser(touched, (d) => {
      const { t, hold } = extend(d);
      const versions = Object.keys(d.ready).map((version, i) => ({ label: 'ready ' + version, values: hold(d.ready[version]),
        colour: palette[i % palette.length], fill: true }));
      const facts = d.rollouts.map((r) => r.id + (r.seconds === null ? ' never completed' : ' complete after ' + span(r.seconds))).join(' · ');
      return make('div', {}, facts ? make('div', { class: 'sub', style: 'margin-bottom:10px' }, facts) : null,
        make('div', { class: 'grid' },
          chart('Ready pods', '', { t, lines: versions }, { range: fromZero, steps: true }),
          chart('Counts', '', { t, lines: [{ label: 'desired', values: hold(d.desired), colour: '--s5' },
            { label: 'available', values: hold(d.available), colour: '--s3' },
            { label: 'total', values: hold(d.total), colour: '--s4' }] }, { range: fromZero, steps: true })));
    }));
  }

  // Log.
  const rows = make('tbody', {});
  const show = (query) => {
    const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = data.log.filter(([t, what, subject, detail]) => {
      const text = (what + ' ' + subject + ' ' + detail).toLowerCase();
      return wanted.every((w) => text.includes(w));
    });
    rows.replaceChildren(...found.slice(0, 500).map(([t, what, subject, detail]) => make('tr', {},
      make('td', { class: 'num mono' }, stamp(t)), make('td', {}, what), make('td', { class: 'mono' }, subject), make('td', {}, detail))));
    count.textContent = found.length + ' of ' + data.logTotal + ' events' + (found.length > 500 ? ', the first 500 shown' : '');
  };
  const count = make('div', { class: 'sub' });
  root.append(make('h2', {}, 'Events, first seed'));
  root.append(make('div', { class: 'card log' },
    make('input', { type: 'search', placeholder: 'Filter: words that must all occur', 'aria-label': 'Filter events', oninput: (e) => show(e.target.value) }),
    count, make('div', { class: 'rows scroll' }, make('table', {}, rows))));
  show('');

  // Inputs.
  const by = (source) => data.inputs.filter((i) => i[0] === source);
  root.append(make('h2', {}, 'Inputs'));
  root.append(make('div', { class: 'card' },
    make('div', {}, by('measured').length + ' measured, ' + by('given').length + ' given, ' + by('assumed').length + ' assumed'),
    by('assumed').length === 0 ? null : make('details', {}, make('summary', {}, 'Assumed values'),
      table(['Where', 'Assumed'], by('assumed').map((i) => make('tr', {}, make('td', { class: 'mono' }, i[1]), make('td', {}, i[2]))))),
    data.notModelled.length === 0 ? null : make('details', {}, make('summary', {}, data.notModelled.length + ' without effect: kinds, fields and objects'),
      table(['Where', 'What'], data.notModelled.map((n) => make('tr', {}, make('td', { class: 'mono' }, n[0]), make('td', {}, n[1]))))),
    make('details', {}, make('summary', {}, 'Fingerprints, model version ' + data.modelVersion),
      table(['#Seed', 'Fingerprint'], seeds.map((s) => make('tr', {}, make('td', { class: 'num' }, s[0]), make('td', { class: 'mono' }, s[1])))))));

  draw();
  let pending = 0;
  addEventListener('resize', () => { clearTimeout(pending); pending = setTimeout(draw, 120); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();

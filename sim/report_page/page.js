'use strict';
(() => {
    const points_max = 600; // of one line
    const colours = {
        blue: '#1f6feb', orange: '#d4730b', green: '#1a7f37', red: '#cf222e', violet: '#8250df', grey: '#6e7781',
        more: ['#1a7f37', '#cf222e', '#d4730b', '#8250df', '#1f6feb', '#bf3989', '#6e7781', '#0a7e8c'],
    };

    // --- text
    const number = (value, digits = 0) =>
        value === null || value === undefined ? '–'
            : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    function time(us) {
        if (us === null || us === undefined) return '–';
        if (us < 1000) return number(us, us < 10 ? 2 : 0) + ' µs';
        if (us < 1e6) return number(us / 1000, us < 1e4 ? 2 : us < 1e5 ? 1 : 0) + ' ms';
        return number(us / 1e6, 2) + ' s';
    }
    const share = (part, whole) => whole > 0 ? number(100 * part / whole, 2) + ' %' : '–';
    function of_unit(value, unit) {
        if (unit === 'us') return time(value);
        if (unit === 'share') return value === null ? '–' : number(100 * value, 2) + ' %';
        return number(value, unit === 'per_second' ? 1 : 0) + (unit === 'per_second' ? '/s' : '');
    }

    // --- elements; all text goes in as text
    function element(name, text = '', kind = '') {
        const made = document.createElement(name);
        if (text !== '') made.textContent = text;
        if (kind) made.className = kind;
        return made;
    }
    function put(parent, ...children) {
        for (const child of children) parent.appendChild(child);
        return parent;
    }
    /** cells: text, or [text, class] */
    function table(heads, rows) {
        const made = element('table');
        put(made, put(element('thead'), put(element('tr'), ...heads.map(head => element('th', head)))));
        const body = element('tbody');
        for (const row of rows)
            put(body, put(element('tr'), ...row.map(cell =>
                Array.isArray(cell) ? element('td', cell[0], cell[1]) : element('td', String(cell)))));
        put(made, body);
        return put(element('div', '', 'scroll'), made);
    }

    // --- charts
    function chart(grid, title, note, config) {
        const canvas = element('canvas');
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', title);
        const caption = put(element('figcaption', title), element('span', note));
        put(grid, put(element('figure'), caption, put(element('div', '', 'plot'), canvas)));
        const options = config.options;
        options.animation = false;
        options.maintainAspectRatio = false;
        options.interaction = { mode: 'index', intersect: false };
        options.plugins = {
            legend: { position: 'bottom', labels: { boxWidth: 12 } },
            tooltip: { callbacks: options.callbacks || {} },
        };
        new Chart(canvas, config);
    }
    const line = (label, colour, data, more = {}) => Object.assign(
        { label, data, borderColor: colour, backgroundColor: colour, borderWidth: 2, pointRadius: data.length > 1 ? 0 : 3 },
        more);
    const seconds_axis = { type: 'linear', title: { display: true, text: 'seconds' }, ticks: { precision: 0 } };
    const times_axis = {
        type: 'logarithmic', title: { display: true, text: 'time' },
        ticks: { callback: us => /^[125]0*$/.test(String(us)) ? time(us) : null },
    };
    const time_label = item => item.dataset.label + ' ' + time(item.parsed.y);

    /** Neighbours become one point where there are too many: sums become means, times keep the worst one. */
    function groups(rows) {
        const size = Math.max(1, Math.ceil(rows.length / points_max));
        const all = [];
        for (let i = 0; i < rows.length; i += size) all.push(rows.slice(i, i + size));
        return all;
    }
    const mean = (group, value) => group.reduce((sum, row) => sum + value(row), 0) / group.length;
    const worst = (group, value) => Math.max(...group.map(value));
    const over_time = (all, fold, value) => all.map(group => ({ x: group[0].second, y: fold(group, value) }));
    const positive = data => data.map(point => point.y > 0 ? point : { x: point.x, y: null });

    function rates(grid, all) {
        const rate = key => over_time(all, mean, row => row[key]);
        chart(grid, 'Rates', 'Offered by the schedule, sent, answered, and not answered within the deadline, each second.', {
            type: 'line',
            data: { datasets: [
                line('offered', colours.grey, rate('due'), { borderDash: [6, 3] }),
                line('sent', colours.blue, rate('sent')),
                line('answered', colours.green, rate('answered')),
                line('declined', colours.orange, rate('declined')),
                line('unanswered', colours.red, rate('unanswered')),
            ] },
            options: { scales: { x: seconds_axis, y: { beginAtZero: true, title: { display: true, text: 'per second' } } } },
        });
    }
    function latencies(grid, all) {
        const of = (clock, key) => positive(over_time(all, worst, row => row[clock][key]));
        chart(grid, 'Answer times', 'Response time counts from the intended time, service time from the sending; a click on a name hides its line.', {
            type: 'line',
            data: { datasets: [
                line('p50', colours.green, of('response', 'p50_us')),
                line('p90', colours.blue, of('response', 'p90_us')),
                line('p99', colours.orange, of('response', 'p99_us')),
                line('p99.9', colours.violet, of('response', 'p999_us')),
                line('longest', colours.red, of('response', 'max_us')),
                line('p99 of service', colours.orange, of('service', 'p99_us'), { borderDash: [4, 3] }),
            ] },
            options: { scales: { x: seconds_axis, y: times_axis }, callbacks: { label: time_label } },
        });
    }
    /** Nines lie at equal distances. */
    const nines = percent => -Math.log10(1 - percent / 100);
    function curve(grid, total) {
        const points = histogram => histogram.curve.filter(([percent, us]) => percent < 100 && us > 0)
            .map(([percent, us]) => ({ x: nines(percent), y: us }));
        const title_of = x => number(100 * (1 - Math.pow(10, -x)), 3) + ' %';
        chart(grid, 'Share of messages answered within a time', 'Where the two lines part, messages waited before they could be sent: their senders felt the response time.', {
            type: 'line',
            data: { datasets: [
                line('response time', colours.blue, points(total.response)),
                line('service time', colours.orange, points(total.service), { borderDash: [6, 3] }),
            ] },
            options: {
                scales: {
                    x: { type: 'linear', min: 0, max: 5, title: { display: true, text: 'share of messages' },
                         ticks: { stepSize: 1, callback: x => x === 0 ? '0 %' : number(100 * (1 - Math.pow(10, -x)), Math.max(0, x - 2)) + ' %' } },
                    y: times_axis,
                },
                callbacks: { label: time_label, title: items => items.length ? title_of(items[0].parsed.x) : '' },
            },
        });
    }
    function codes(grid, all) {
        const names = [...new Set(all.flat().flatMap(row => Object.keys(row.codes)))].sort();
        chart(grid, 'Answers by code', 'DE39 of the answers, each second.', {
            type: 'bar',
            data: {
                labels: all.map(group => group[0].second),
                datasets: names.map((name, i) => ({
                    label: name, data: all.map(group => mean(group, row => row.codes[name] || 0)),
                    backgroundColor: colours.more[i % colours.more.length], barPercentage: 1, categoryPercentage: 1,
                })),
            },
            options: { scales: { x: { stacked: true, title: { display: true, text: 'seconds' }, ticks: { maxTicksLimit: 12 } },
                                 y: { stacked: true, beginAtZero: true } } },
        });
    }
    function slips(grid, all, limit) {
        const of = key => positive(over_time(all, worst, row => row.slip[key]));
        const ends = all.length ? [all[0][0].second, all[all.length - 1][0].second] : [];
        chart(grid, 'Slip of the generator', 'How late the load itself was. Above the limit its measurements are worth nothing.', {
            type: 'line',
            data: { datasets: [
                line('p50', colours.green, of('p50_us')),
                line('p99', colours.orange, of('p99_us'), { fill: '-1', backgroundColor: 'rgba(212, 115, 11, .15)' }),
                line('longest', colours.violet, of('max_us'), { fill: '-1', backgroundColor: 'rgba(130, 80, 223, .12)' }),
                line('limit of p99', colours.red, ends.map(x => ({ x, y: limit })), { borderDash: [6, 3] }),
            ] },
            options: { scales: { x: seconds_axis, y: times_axis }, callbacks: { label: time_label } },
        });
    }

    // --- a load
    function verdict_of_load(report) {
        if (!report.verdict.valid) return ['INVALID', 'invalid'];
        return report.verdict.passed ? ['passed', 'passed'] : ['FAILED', 'failed'];
    }
    /** Unanswered messages took at least the deadline, and nobody knows how much more. */
    function response_time(times, key) {
        const bound = times.at_least_us;
        const is_bound = bound !== null && (key === 'mean_us' || times[key] >= bound);
        return (is_bound ? '\u2265 ' : '') + time(times[key]);
    }
    function clocks(section, total) {
        const rows = [['mean', 'mean_us'], ['p50', 'p50_us'], ['p90', 'p90_us'], ['p99', 'p99_us'], ['p99.9', 'p999_us'],
                      ['p99.99', 'p9999_us'], ['longest', 'max_us']];
        put(section, table(['', 'response time', 'service time', 'slip'],
                           rows.map(([name, key]) => [name, response_time(total.response, key), time(total.service[key]), time(total.slip[key])])));
        put(section, element('p', 'Response time is what a customer waits: from the moment at which the message was due. ' +
            'Service time begins when it was sent, and so hides the wait behind a stalled server. ' +
            'An unanswered message counts as having taken at least the deadline.', 'soft'));
    }
    const measure_heads = ['', 'sent', 'answered', 'declined', 'unanswered', 'late', 'p50', 'p99', 'longest'];
    const measure_row = one => [one.name, number(one.sent), number(one.answered), number(one.declined), number(one.unanswered),
                                number(one.late), ...['p50_us', 'p99_us', 'max_us'].map(key => response_time(one.response, key))];

    function show_load(section, report) {
        const [word, kind] = verdict_of_load(report);
        put(section, element('h1', report.name || 'Load'), element('span', word, 'verdict ' + kind));
        for (const reason of report.verdict.reasons) put(section, element('p', reason));
        const totals = report.totals;
        put(section, element('p', `${number(totals.sent)} messages of ${number(totals.planned)} planned to ${report.target} in ` +
            `${number(totals.seconds, 1)} s over ${report.connections} connections; ${number(report.total.answered)} answered, ` +
            `${share(report.total.declined, report.total.answered)} of them declined, ${number(report.total.unanswered)} unanswered.`));
        if (totals.was_stopped) put(section, element('p', 'It was stopped before its end.'));

        put(section, element('h2', 'Times'));
        clocks(section, report.total);
        if (report.thresholds.length) {
            put(section, element('h2', 'Thresholds'));
            put(section, table(['', 'measured', 'limit', ''], report.thresholds.map(one => [
                one.text, (one.is_at_least ? 'at least ' : '') + of_unit(one.value, one.unit), of_unit(one.limit, one.unit),
                one.passed ? ['passed', 'good'] : ['FAILED', 'bad']])));
        }
        put(section, element('h2', 'Over time'));
        const grid = element('div', '', 'charts');
        put(section, grid);
        const all = groups(report.seconds);
        rates(grid, all);
        latencies(grid, all);
        curve(grid, report.total);
        codes(grid, all);
        slips(grid, all, report.verdict.slip_limit_us);

        put(section, element('h2', 'Kinds and stages'));
        put(section, table(measure_heads, [...report.kinds, ...report.stages].map(measure_row)));
        put(section, table(['DE39', 'answers', 'share'], Object.entries(report.total.codes)
            .map(([code, count]) => [code, number(count), share(count, report.total.answered)])));
        for (const change of report.changes)
            put(section, element('p', `By hand, after ${number(change.at_us / 1e6, 1)} s: ` +
                (change.is_paused ? 'paused' : `rate × ${change.factor}`)));
        put(section, element('footer', `Begun ${report.started}; seed ${report.seed}, schedule ${report.schedule}; network ` +
            `${report.network}, ${report.arrivals} arrivals, deadline ${time(report.deadline_us)}; ${totals.reconnects} reconnects, ` +
            `${totals.strays} strays.`));
    }

    // --- the search for the highest rate
    const limits = {
        server: 'A higher rate does not meet it.',
        generator: 'A higher rate the generator could not keep: it is the limit, not the server.',
        schedule: 'A higher rate has more messages than a load may have.',
        stopped: 'The search was stopped before its end.',
        lost: 'The server was lost before its end.',
    };
    function show_search(section, report) {
        const has_best = report.best_per_second !== null;
        put(section, element('h1', report.name || 'Search for the highest rate'),
            element('span', has_best ? `${number(report.best_per_second, 1)}/s` : 'no rate', 'verdict ' + (has_best ? 'passed' : 'failed')),
            element('p', `Looked for: the highest rate that meets ${report.threshold}. ${limits[report.limit]}`));
        const outcomes = { passed: ['passed', 'good'], failed: ['FAILED', 'bad'] };
        put(section, table(['rate', 'outcome', 'answered', 'unanswered', 'p50', 'p99', 'longest', 'p99 of slip'],
            report.steps.map(({ rate, outcome, load }) => [number(rate, 1) + '/s', outcomes[outcome] || [outcome, 'bad'],
                number(load.total.answered), number(load.total.unanswered),
                ...['p50_us', 'p99_us', 'max_us'].map(key => response_time(load.total.response, key)), time(load.total.slip.p99_us)])));
        for (const { load } of report.steps) show_load(section, load);
    }

    // --- scenarios
    function show_run(section, report) {
        const kind = report.failed === 0 ? 'passed' : 'failed';
        put(section, element('h1', 'Scenarios'),
            element('span', `${report.passed} passed, ${report.failed} failed`, 'verdict ' + kind));
        const networks = [...new Set(report.scenarios.map(row => row.network))];
        const names = [...new Set(report.scenarios.map(row => row.scenario))];
        const cell = row => {
            if (!row || row.verdict === 'skipped') return '–';
            return row.verdict === 'passed' ? [`passed, ${number(row.took_ms)} ms`, 'good'] : ['FAILED', 'bad'];
        };
        put(section, table(['scenario', ...networks], names.map(name => [name, ...networks.map(network =>
            cell(report.scenarios.find(row => row.scenario === name && row.network === network)))])));
        for (const row of report.scenarios.filter(one => one.verdict === 'failed')) {
            put(section, element('h2', `${row.scenario} on ${row.network}`), element('p', row.title),
                element('p', `${row.place}: ${row.problem}`), element('pre', row.ladder || ''));
        }
        put(section, element('footer', `Seed ${report.seed}.`));
    }

    const shows = { 'tollgate/load/1': show_load, 'tollgate/load-search/1': show_search, 'tollgate/run/1': show_run };
    const main = document.getElementById('reports');
    for (const report of JSON.parse(document.getElementById('data').textContent)) {
        const section = element('section');
        put(main, section);
        shows[report.schema](section, report);
    }
    document.documentElement.dataset.shown = 'all';
})();

"use strict";
// Fetches the page again and puts its figures in place of the old ones; what is being typed or selected stays.
(() => {
    const every = 5000;
    const freshness = document.getElementById("freshness");
    const parts = ["live", "made"];

    const busy = () => {
        const chosen = document.getSelection();
        return document.hidden || (chosen !== null && !chosen.isCollapsed);
    };

    const refresh = async () => {
        if (busy())
            return;
        try {
            const answer = await fetch("/", { cache: "no-store" });
            if (!answer.ok)
                throw new Error(`status ${answer.status}`);
            const next = new DOMParser().parseFromString(await answer.text(), "text/html");
            for (const id of parts)
                document.getElementById(id).replaceWith(document.adoptNode(next.getElementById(id)));
            document.title = next.title;
            freshness.textContent = `Refreshed at ${new Date().toISOString().slice(11, 19)} UTC`;
            freshness.className = "end";
        } catch (problem) {
            freshness.textContent = `The daemon does not answer (${problem.message}); these figures are old`;
            freshness.className = "end bad";
        }
    };

    freshness.textContent = "Refreshes every 5 s";
    setInterval(refresh, every);
    document.addEventListener("visibilitychange", refresh);
})();

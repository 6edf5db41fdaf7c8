// Finds users by name in the shards of a published index, without the index as a whole. No dependencies.
// SPDX-License-Identifier: MIT
//
//     const users = new IndexShards("https://notes.example.org/indexes/users");
//     await users.lookup("Some Name")   // [["Some Name", 12345]]: written so, or else in upper and lower case alike
//     await users.search("some")        // [["Some Name", 12345], ...]: who begins with it, then who contains it
//
// How names are folded and hashed stands in shards.json, so this needs no change when that changes. Names may be integers;
// ids and integers beyond 2^53 are rounded by JavaScript.
class IndexShards {
    constructor(directory) {
        this.directory = directory.replace(/\/+$/, "");
        this.files = new Map();
    }

    // A file, asked for once; what is not there has no entries.
    get(path) {
        if (!this.files.has(path))
            this.files.set(path, fetch(`${this.directory}/${path}`).then(answer => {
                if (answer.status === 404) return [];
                if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
                return answer.json();
            }).catch(error => { this.files.delete(path); throw error; }));
        return this.files.get(path);
    }

    async about() {
        const about = await this.get("shards.json");
        if (about.version !== 1) throw new Error("shards.json: another version than 1");
        if (!this.folds) {
            this.folds = new Map();
            for (const [first, last, step, delta] of about.fold)
                for (let c = first; c <= last; c += step) this.folds.set(c, c + delta);
        }
        return about;
    }

    // After about(): code points, each in lower case.
    fold(text) {
        return Array.from(`${text}`, c => this.folds.get(c.codePointAt(0)) ?? c.codePointAt(0));
    }

    static namesPath(about, folded) {
        let hash = 0x811c9dc5;
        for (const byte of new TextEncoder().encode(folded.map(c => String.fromCodePoint(c)).join("")))
            hash = Math.imul(hash ^ byte, 0x01000193);
        const shard = ((hash >>> 0) % about.names.shards).toString(16).padStart(about.names.digits, "0");
        return `names/${shard[0]}/${shard.slice(1)}.json`;
    }

    static bigramPath(first, second) {
        return `bigrams/${((first + second) % 16).toString(16)}/${first.toString(16)}-${second.toString(16)}.json`;
    }

    async lookup(name) {
        const about = await this.about();
        const folded = this.fold(name).join();
        const all = (await this.get(IndexShards.namesPath(about, this.fold(name)))).filter(([n]) => n !== null);
        const exact = all.filter(([n]) => `${n}` === name);
        return exact.length > 0 ? exact : all.filter(([n]) => this.fold(n).join() === folded);
    }

    async top() {
        const {top} = await this.about();
        this.first ??= (await this.get("top.json")).map(entry => [entry[top.name], entry[top.id]])
            .filter(([name]) => name !== null);
        return this.first;
    }

    async search(text, most = 10) {
        const about = await this.about();
        const wanted = this.fold(text);
        if (wanted.length === 0) return (await this.top()).slice(0, most);
        const pairs = wanted.slice(1, about.bigrams.searched_characters).map((c, i) => [wanted[i], c]);
        const lists = [this.lookup(text), this.top(), ...pairs.map(p => this.get(IndexShards.bigramPath(...p)))];
        const written = `,${wanted.join()},`;
        const begins = new Map(), contains = new Map();
        for (const [name, id] of (await Promise.all(lists)).flat()) {
            const at = name === null ? -1 : `,${this.fold(name).join()},`.indexOf(written);
            if (at >= 0) (at === 0 ? begins : contains).set(id, name);
        }
        return [...begins, ...contains].slice(0, most).map(([id, name]) => [name, id]);
    }
}
globalThis.IndexShards = IndexShards;

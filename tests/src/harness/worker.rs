//! Speaking to a worker without a screen.

/// A script that starts a worker as `ui/src/bridge/worker.rs` does, and makes `ask`, which gives a promise of
/// the reply. Its argument is the address of the worker's script; without one, the page says it.
pub const START: &str = "
    const script = arguments[0] ?? document.querySelector('meta[name=unison-worker]').content;
    const worker = new Worker(script, { type: 'module', name: 'unison-replica' });
    const waiting = new Map();
    let last = 0;
    worker.onmessage = ({ data }) => {
        const { answer } = JSON.parse(data);
        if (answer) { waiting.get(answer.id)(answer.reply); waiting.delete(answer.id); }
    };
    window.ask = request => new Promise(done => {
        last += 1;
        waiting.set(last, done);
        worker.postMessage(JSON.stringify({ id: last, request }));
    });";

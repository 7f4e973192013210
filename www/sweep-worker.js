// Runs seeds of a sweep beside the page. The first message brings the page's own program, compiled already, and where its
// JavaScript half is; each one after it names a function of that half (src/ui/sweep/worker.rs) and what it is given.
//
// Answers are { heard: "ready" | "answer" | "tried" | "failed", value }.

const say = (heard, value) => self.postMessage({ heard, value });
let program;

self.onmessage = async ({ data }) => {
  try {
    if (data.module) {
      program = await import(data.glue);
      await program.default({ module_or_path: data.module });
      say("ready");
    } else {
      say("answer", program[data.call](...data.given, (tried) => say("tried", tried)));
    }
  } catch (error) {
    say("failed", String(error?.message ?? error));
  }
};

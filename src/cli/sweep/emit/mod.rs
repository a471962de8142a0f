//! `abrsim sweep emit`: scripts for schedulers.
//!
//! The idea to hold: a script is a text with gaps, which lies beside this; what is filled in is
//! chosen from the plan and from what a viewer of it takes on one core here. Nothing is called.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use super::super::{Failure, print};
use super::pilot::pilot;
use super::{Place, time};
use crate::report::format::many;
use crate::scenario::ScenarioError;
use crate::scenario::study::{Planned, Shared, summary};

/// Print a script that runs all of a study on a scheduler.
///
/// How many shards there are is chosen from the plan, and from what viewers of it take here, unless
/// it is said. Nothing is called: look at the script, then run it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For which scheduler.
    #[arg(value_enum)]
    engine: Engine,
    #[command(flatten)]
    place: Place,
    /// Cut it into so many shards; unless said, so that one takes about ten minutes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    shards: Option<u64>,
    /// Cores of a task.
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u64).range(1..=1_024))]
    cpus: u64,
    /// Memory of a task, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 2_048,
          value_parser = clap::value_parser!(u64).range(64..))]
    memory: u64,
    /// Minutes that a task may take (slurm, aws-batch, gcp-batch); run again, it goes on where it
    /// was.
    #[arg(long, value_name = "N", default_value_t = 120,
          value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// The program, on the machines that run it.
    #[arg(long, value_name = "PATH", default_value = "abrsim")]
    program: String,
    /// The container image that has it (k8s, aws-batch, gcp-batch).
    #[arg(long, value_name = "NAME", default_value = "abrsim:latest")]
    image: String,
    /// The claim of the volume that a folder lies on, and where pods are to see it, so that the
    /// folder is where it is here; unless said, above the folder (k8s).
    #[arg(long, value_name = "NAME[:PATH]")]
    claim: Option<String>,
    /// The queue (aws-batch).
    #[arg(long, value_name = "NAME", default_value = "abrsim")]
    queue: String,
    /// The region (gcp-batch).
    #[arg(long, value_name = "NAME", default_value = "europe-west1")]
    region: String,
    /// A file with a host a line (parallel); unless said, all runs on this machine.
    #[arg(long, value_name = "FILE")]
    hosts: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Engine {
    /// A Slurm array, and a job that merges.
    Slurm,
    /// A Kubernetes Job, indexed.
    K8s,
    /// An AWS Batch array.
    AwsBatch,
    /// Google Cloud Batch.
    GcpBatch,
    /// GNU parallel, over ssh or on one machine.
    Parallel,
}

impl Engine {
    /// The script, with gaps.
    fn script(self) -> &'static str {
        match self {
            Self::Slurm => include_str!("slurm.sh"),
            Self::K8s => include_str!("k8s.yaml"),
            Self::AwsBatch => include_str!("aws-batch.sh"),
            Self::GcpBatch => include_str!("gcp-batch.sh"),
            Self::Parallel => include_str!("parallel.sh"),
        }
    }

    /// What a task's own number is called.
    fn own(self) -> &'static str {
        match self {
            Self::Slurm => "$SLURM_ARRAY_TASK_ID",
            Self::K8s => "$JOB_COMPLETION_INDEX",
            Self::AwsBatch => "$AWS_BATCH_JOB_ARRAY_INDEX",
            Self::GcpBatch => "$BATCH_TASK_INDEX",
            Self::Parallel => "{}",
        }
    }

    /// How many tasks it takes at once: Slurm's `MaxArraySize` is 1,001 unless it is set; AWS
    /// Batch's arrays and Google's groups are of 2 and of 1 to 10,000; Kubernetes' of 100,000.
    fn tasks(self) -> (u64, u64) {
        match self {
            Self::Slurm => (1, 1_001),
            Self::K8s | Self::Parallel => (1, 100_000),
            Self::AwsBatch => (2, 10_000),
            Self::GcpBatch => (1, 10_000),
        }
    }
}

/// What a task is to take.
const TASK: Duration = Duration::from_secs(600);

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Place { out, patience } = &args.place;
    let plan = summary(out, *patience)?;
    let (fewest, most) = args.engine.tasks();
    let (shards, how) = match args.shards {
        Some(shards) if !(fewest..=most).contains(&shards) => {
            let message = format!("there are from {fewest} to {most} tasks of it, not {shards}");
            return Err(ScenarioError::new(message).into());
        }
        Some(shards) => (shards, String::new()),
        None => {
            let each = pilot(Shared::at(out, *patience)?.into_scenario())?;
            let all = each.mul_f64(plan.viewers as f64);
            let cores = TASK.as_secs_f64() * args.cpus as f64;
            let shards = (all.as_secs_f64() / cores).ceil() as u64;
            let most = most.min(plan.chunks.max(1)).max(fewest);
            let how = format!(", about {} of a core here", time(all.as_secs()));
            (shards.clamp(fewest, most), how)
        }
    };
    let about = format!(
        "{} of {} in {}{how}",
        many(plan.viewers, "viewer"),
        many(plan.runs, "run"),
        many(plan.chunks, "chunk"),
    );
    print(&args.filled(&plan, shards, &about)?)
}

impl Args {
    /// The script, its gaps filled.
    fn filled(&self, plan: &Planned, shards: u64, about: &str) -> Result<String, Failure> {
        let bucket = self.place.out.contains("://");
        let out = match bucket {
            true => self.place.out.clone(),
            false => {
                let path = std::path::absolute(&self.place.out);
                path.unwrap_or_else(|_| PathBuf::from(&self.place.out)).display().to_string()
            }
        };
        let wanted = |help: &str| {
            let error = ScenarioError::new(format!("{out} is a folder that tasks would not see"));
            Err(error.help(help).into())
        };
        let volume = match (self.engine, bucket, &self.claim) {
            (Engine::AwsBatch | Engine::GcpBatch, false, _) => {
                return wanted("plan it in an object store: --out s3://… or gs://…");
            }
            (Engine::K8s, false, None) => {
                return wanted("plan it in an object store, or name the --claim of its volume");
            }
            (Engine::K8s, false, Some(claim)) => volume(claim, Path::new(&out)),
            _ => [String::new(), String::new()],
        };
        let [mounts, volumes] = volume;
        let (program, cpus) = (quoted(&self.program), self.cpus);
        let patience = self.place.patience.as_secs();
        let task = format!(
            "exec {program} sweep run --out {} --patience {patience}s --jobs {cpus} \
             --shard \"{}/{shards}\"",
            quoted(&out),
            self.engine.own(),
        );
        let hosts = self.hosts.as_ref().map(|file| format!("--slf {} ", quoted(file)));
        let gaps = [
            ("about", about.to_owned()),
            ("name", format!("abrsim-{}", &plan.hash[..12])),
            ("json-program", json(&self.program)),
            ("program", program),
            ("json-task", json(&task)),
            ("task", task),
            ("json-out", json(&out)),
            ("out", quoted(&out)),
            ("json-image", json(&self.image)),
            ("shards", shards.to_string()),
            ("last", (shards - 1).to_string()),
            ("cpus", cpus.to_string()),
            ("milli-cpus", (1_000 * cpus).to_string()),
            ("memory", self.memory.to_string()),
            ("minutes", self.minutes.to_string()),
            ("seconds", (60 * self.minutes).to_string()),
            ("queue", quoted(&self.queue)),
            ("region", quoted(&self.region)),
            ("hosts", hosts.unwrap_or_default()),
            ("mounts", mounts),
            ("volumes", volumes),
        ];
        let fill = |text: String, (gap, value): &(&str, String)| {
            text.replace(&format!("{{{{{gap}}}}}"), value)
        };
        Ok(gaps.iter().fold(self.engine.script().to_owned(), fill))
    }
}

/// What mounts a volume that a folder lies on, in a container and in its pod.
fn volume(claim: &str, folder: &Path) -> [String; 2] {
    let above = || folder.parent().unwrap_or(folder).display().to_string();
    let (claim, path) = match claim.split_once(':') {
        Some((claim, path)) => (claim, path.to_owned()),
        None => (claim, above()),
    };
    let (claim, path) = (json(claim), json(&path));
    let claim = format!("{{claimName: {claim}}}");
    [
        format!("\n          volumeMounts: [{{name: study, mountPath: {path}}}]"),
        format!("\n      volumes: [{{name: study, persistentVolumeClaim: {claim}}}]"),
    ]
}

/// A text as a string of JSON, which is one of YAML, too.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

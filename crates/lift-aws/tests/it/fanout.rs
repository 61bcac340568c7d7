//! A fan-out by several processes. Its parts are in a queue, worker processes are killed at random,
//! and every connection is reached. The queue is two folders. A worker takes a job by moving its
//! file from one to the other, and the test puts the jobs of a killed worker back, as a queue's
//! visibility timeout does.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use lift_aws::{AwsConfig, DynamoStore, publisher, table::CreateOptions};
use lift_ws::{
    GlobalPublisher,
    event::Timestamp,
    publish::SendPart,
    store::{Row, Saved, Store},
};
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::{database::Database, management::Management};

const TABLE: &str = "fanout-connections";
const RUNS: usize = 50;
const CONNECTIONS: usize = 120;
const WORKERS: usize = 3;

/// The variables of a worker process: the queue's folder, the database, `@connections`.
const FOLDER: &str = "FANOUT_FOLDER";
const DATABASE: &str = "FANOUT_DATABASE";
const MANAGEMENT: &str = "FANOUT_MANAGEMENT";

/// A worker's time for one job, without the half second that a send reserves. It is too short for a
/// whole job, so that cursors are tested too.
const JOB_TIME: Duration = Duration::from_millis(200);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Job {
    /// The rest of a job has the same number.
    number: u64,
    part: SendPart,
    message: String,
}

struct Queue(PathBuf);

impl Queue {
    fn waiting(&self) -> PathBuf {
        self.0.join("waiting")
    }

    fn taken(&self) -> PathBuf {
        self.0.join("taken")
    }

    fn put(&self, job: &Job) {
        let name = format!("{:016x}", fastrand::u64(..));
        let unfinished = self.0.join(&name);
        fs::write(&unfinished, serde_json::to_vec(job).expect("JSON")).expect("a file");
        fs::rename(unfinished, self.waiting().join(name)).expect("a move");
    }

    fn take(&self) -> Option<(PathBuf, Job)> {
        for name in names(&self.waiting()) {
            let taken = self.taken().join(format!("{name}.{}", std::process::id()));
            if fs::rename(self.waiting().join(&name), &taken).is_ok() {
                let job = fs::read(&taken).expect("a job");
                return Some((taken, serde_json::from_slice(&job).expect("a job")));
            }
        }
        None
    }

    /// Puts back the jobs of a killed worker, and returns their number.
    fn put_back(&self, worker: u32) -> usize {
        let suffix = format!(".{worker}");
        let lost = names(&self.taken());
        let lost = lost.iter().filter_map(|name| Some((name, name.strip_suffix(&suffix)?)));
        lost.map(|(taken, name)| {
            fs::rename(self.taken().join(taken), self.waiting().join(name)).expect("a move");
        })
        .count()
    }

    /// Records that a job is complete.
    fn done(&self, number: u64) {
        fs::write(self.finished().join(number.to_string()), "").expect("a file");
    }

    fn finished(&self) -> PathBuf {
        self.0.join("finished")
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}

/// Not a test: the worker processes run this until they are killed.
#[tokio::test]
async fn worker() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let queue = Queue(folder.into());
    let config = AwsConfig::local(&env::var(DATABASE).expect("a URL"), "us-east-1");
    let store = DynamoStore::new(&config, TABLE).with_page(10);
    let publisher = publisher(TABLE).config(config).store(store);
    let publisher = publisher.allow(env::var(MANAGEMENT).expect("a URL")).await.expect("built");
    loop {
        match queue.take() {
            Some((taken, job)) => work(&publisher, &queue, job, &taken).await,
            None => sleep(Duration::from_millis(2)).await,
        }
    }
}

async fn work(publisher: &GlobalPublisher, queue: &Queue, job: Job, taken: &Path) {
    let deadline = Instant::now() + Duration::from_millis(500) + JOB_TIME;
    let audience = publisher.clone().with_deadline(deadline).part(job.part.clone());
    let rest = match audience.concurrency(4).text(job.message.as_str()).await {
        Ok(report) => report.cursor.map(|cursor| job.part.clone().resume(cursor)),
        Err(error) => {
            let cursor = error.report().and_then(|report| report.cursor.clone());
            // Without a cursor, nothing was sent.
            Some(cursor.map_or(job.part.clone(), |cursor| job.part.clone().resume(cursor)))
        }
    };
    match rest {
        Some(part) => queue.put(&Job { part, ..job }),
        None => queue.done(job.number),
    }
    // Only after the rest is in the queue: if the worker is killed before this, the job is repeated.
    fs::remove_file(taken).expect("exists until the job is done");
}

#[tokio::test]
async fn killed_workers_miss_no_connection() {
    let seed = fastrand::get_seed();
    let database = Database::start().await;
    database.table(TABLE).create(&CreateOptions::new().without_streams()).await.expect("a table");
    let management = Management::start(|_, _| (200, "")).await;
    let store = database.store(TABLE);
    let endpoint = format!("{}/prod", management.url);
    for n in 0..CONNECTIONS {
        assert_eq!(store.save(&row(n, &endpoint)).await.expect("save"), Saved::Stored);
    }
    let config = AwsConfig::local(&database.url, "us-east-1");
    let coordinator = publisher(TABLE).config(config).await.expect("built");

    let folder = tempfile::tempdir().expect("a folder");
    let queue = Queue(folder.path().to_owned());
    fs::create_dir(queue.waiting()).expect("a folder");
    fs::create_dir(queue.taken()).expect("a folder");
    fs::create_dir(queue.finished()).expect("a folder");
    let start_worker = || -> Child {
        Command::new(env::current_exe().expect("a path"))
            .args(["--exact", "fanout::worker", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(DATABASE, &database.url)
            .env(MANAGEMENT, &management.url)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a process")
    };
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| start_worker()).collect();
    let (mut interrupted, mut posts) = (0, 0);
    for run in 0..RUNS {
        let message = format!("run {run}");
        let mut jobs = BTreeSet::new();
        for part in coordinator.tenant("lotus").split(4).await.expect("parts") {
            let number = fastrand::u64(..);
            queue.put(&Job { number, part, message: message.clone() });
            jobs.insert(number.to_string());
        }
        let start = Instant::now();
        // Kills a worker while it works.
        while names(&queue.taken()).is_empty() && start.elapsed() < Duration::from_secs(5) {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_micros(fastrand::u64(0..20_000))).await;
        let killed = fastrand::usize(0..WORKERS);
        let id = workers[killed].id().expect("is running");
        workers[killed].kill().await.expect("is killed");
        interrupted += usize::from(queue.put_back(id) > 0);
        workers[killed] = start_worker();
        while !jobs.is_empty() {
            for done in names(&queue.finished()) {
                jobs.remove(&done);
            }
            assert!(start.elapsed() < Duration::from_secs(20), "stuck in run {run}, seed {seed}");
            sleep(Duration::from_millis(1)).await;
        }
        let requests = management.take();
        posts += requests.len();
        let reached: BTreeSet<&str> = requests
            .iter()
            .filter(|request| request.body == message)
            .filter_map(|request| request.call.rsplit('/').next())
            .collect();
        assert_eq!(reached.len(), CONNECTIONS, "in run {run}, seed {seed}");
    }
    assert!(interrupted > RUNS / 10, "only {interrupted} kills interrupted a job");
    assert!(posts >= RUNS * CONNECTIONS);
}

fn row(n: usize, endpoint: &str) -> Row {
    Row {
        id: format!("connection-{n}").into(),
        user: Some("ana".into()),
        tenant: Some("lotus".into()),
        endpoint: endpoint.into(),
        connected_at: Timestamp::now(),
        attributes: None,
    }
}

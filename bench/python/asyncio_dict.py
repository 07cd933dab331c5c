"""The job state of the service that Lectern succeeds, as faithfully as its description allows: jobs in a dict, one
asyncio.Lock made in the constructor around every access, a log line for each change, a heartbeat that sets its field
under the lock and sleeps outside it, a locked read that returns the live object.

Prints one JSON object: nanoseconds per operation by operation and number of tasks.

    python3 asyncio_dict.py SECONDS LOGFILE
"""

import asyncio
import datetime
import json
import logging
import platform
import sys
import time


class Service:
    def __init__(self, logger):
        self.jobs = {}
        self.lock = asyncio.Lock()
        self.logger = logger

    async def update_job_status(self, job_id, **fields):
        async with self.lock:
            job = self.jobs.get(job_id)
            if job is None:
                return
            old_status, old_progress = job["status"], job["progress"]
            job.update(fields)
            if self.logger is not None:
                self.logger.info(
                    "JOB_STATUS_UPDATE job_id=%s old_status=%s new_status=%s old_progress=%s new_progress=%s",
                    job_id, old_status, job["status"], old_progress, job["progress"])

    async def heartbeat(self, job_id):
        """One turn of the heartbeat task, without its sleep."""
        async with self.lock:
            job = self.jobs.get(job_id)
            if job is None or job["status"] in ("completed", "failed"):
                return
            job["last_heartbeat"] = datetime.datetime.now(datetime.timezone.utc)
            if self.logger is not None:
                self.logger.info("HEARTBEAT job_id=%s progress=%s status=%s", job_id, job["progress"], job["status"])

    async def get_job_status(self, job_id):
        async with self.lock:
            return self.jobs.get(job_id)


async def measure(service, name, writers, seconds):
    """Nanoseconds per operation over all tasks, for about the given time."""
    for w in range(writers):
        service.jobs[str(w)] = {"status": "processing", "progress": 0.0, "message": "", "last_heartbeat": None, "error": None}
    deadline = time.perf_counter() + seconds
    counts = [0] * writers

    async def work(w):
        job_id, n = str(w), 0
        while time.perf_counter() < deadline:
            for _ in range(100):
                if name.startswith("update"):
                    await service.update_job_status(job_id, progress=n % 100, message="Encoding slide 3 of 10.", status="processing")
                elif name == "heartbeat":
                    await service.heartbeat(job_id)
                else:
                    await service.get_job_status(job_id)
                n += 1
            await asyncio.sleep(0)  # an uncontended lock never yields to the other tasks
        counts[w] = n

    start = time.perf_counter_ns()
    await asyncio.gather(*(work(w) for w in range(writers)))
    return (time.perf_counter_ns() - start) / sum(counts)


async def main():
    seconds, path = float(sys.argv[1]), sys.argv[2]
    logger = logging.getLogger("backend")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    logger.addHandler(handler)
    out = {"python": platform.python_version(), "ns": {}}
    for name, log in (("update", logger), ("update without log", None), ("heartbeat", logger), ("read", None)):
        for writers in (1, 8, 64):
            out["ns"]["%s/%d" % (name, writers)] = await measure(Service(log), name, writers, seconds)
    print(json.dumps(out))


asyncio.run(main())

-- name: InsertPresentation :exec
INSERT INTO presentations (
    id, title, status, stage, progress, message, slides_done, slides_total, version, attempt, worker,
    cancel_requested, created_at, started_at, completed_at, last_heartbeat, eta, failure, warnings, metadata, callback_url, trace_parent, owner, key_id,
    estimate, ticket, language
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: InsertDeck :exec
INSERT INTO decks (presentation_id, deck, size, report, password) VALUES (?, ?, ?, ?, ?);

-- name: GetPresentation :one
SELECT * FROM presentations WHERE id = ? AND removing = 0;

-- name: GetDeck :one
SELECT d.deck FROM decks d JOIN presentations p ON p.id = d.presentation_id
WHERE d.presentation_id = ? AND p.removing = 0;

-- name: GetReport :one
SELECT d.report FROM decks d JOIN presentations p ON p.id = d.presentation_id
WHERE d.presentation_id = ? AND p.removing = 0;

-- name: GetPassword :one
SELECT d.password FROM decks d JOIN presentations p ON p.id = d.presentation_id
WHERE d.presentation_id = ? AND p.removing = 0;

-- name: ErasePassword :exec
UPDATE decks SET password = sqlc.arg(password)
WHERE presentation_id = sqlc.arg(presentation_id) AND password NOT IN ('', 'opened', 'erased');

-- The guard is the fence (J7): a write that was decided on another attempt, state or version changes nothing.
-- name: UpdatePresentation :execrows
UPDATE presentations SET
    status = sqlc.arg(status), stage = sqlc.arg(stage), progress = sqlc.arg(progress), message = sqlc.arg(message),
    slides_done = sqlc.arg(slides_done), version = sqlc.arg(version), attempt = sqlc.arg(attempt),
    worker = sqlc.arg(worker), cancel_requested = sqlc.arg(cancel_requested), started_at = sqlc.arg(started_at),
    completed_at = sqlc.arg(completed_at), last_heartbeat = sqlc.arg(last_heartbeat), eta = sqlc.arg(eta),
    failure = sqlc.arg(failure), warnings = sqlc.arg(warnings), scratch_at = sqlc.arg(scratch_at),
    expires_at = sqlc.arg(expires_at), key_id = sqlc.arg(key_id), files = sqlc.arg(files),
    used = sqlc.arg(used), used_before = sqlc.arg(used_before)
WHERE id = sqlc.arg(id) AND removing = 0 AND attempt = sqlc.arg(was_attempt) AND status = sqlc.arg(was_status)
    AND version = sqlc.arg(was_version) AND progress <= sqlc.arg(progress);

-- What is not versioned has a write of its own, which cannot touch anything else (J8).
-- name: UpdateHeartbeat :execrows
UPDATE presentations SET last_heartbeat = sqlc.arg(last_heartbeat), eta = sqlc.arg(eta), used = sqlc.arg(used)
WHERE id = sqlc.arg(id) AND removing = 0 AND attempt = sqlc.arg(was_attempt) AND status = 'processing'
    AND last_heartbeat <= sqlc.arg(last_heartbeat);

-- name: InsertEvent :exec
INSERT INTO events (presentation_id, version, at, milestone, snapshot) VALUES (?, ?, ?, ?, ?);

-- name: ListEvents :many
SELECT version, snapshot FROM events
WHERE presentation_id = ? AND version > ? ORDER BY version LIMIT ?;

-- name: ThinEvents :exec
DELETE FROM events WHERE presentation_id = ? AND milestone = 0;

-- name: ClearScratch :exec
UPDATE presentations SET scratch_at = 0 WHERE id = ?;

-- A list adds its conditions to this query.
-- name: ListPresentations :many
SELECT * FROM presentations
WHERE removing = 0 AND (created_at, id) < (sqlc.arg(before_time), CAST(sqlc.arg(before_id) AS TEXT))
ORDER BY created_at DESC, id DESC LIMIT sqlc.arg(max);

-- name: CountPresentations :many
SELECT status, count(*) AS number FROM presentations WHERE removing = 0 GROUP BY status;

-- name: ListProcessing :many
SELECT id, attempt, last_heartbeat FROM presentations
WHERE status = 'processing' AND removing = 0 AND last_heartbeat <= sqlc.arg(silent_since)
ORDER BY created_at, id;

-- name: InsertStep :exec
INSERT INTO steps (presentation_id, attempt, kind, slide, key, reused, started_at, took)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (presentation_id, attempt, kind, slide, key) DO NOTHING;

-- name: ListSteps :many
SELECT * FROM steps WHERE presentation_id = ? ORDER BY seq;

-- name: InsertArtifact :exec
INSERT INTO artifacts (presentation_id, kind, slide, key, content_type, size, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (presentation_id, kind, slide) DO UPDATE SET
    key = excluded.key, content_type = excluded.content_type, size = excluded.size, sha256 = excluded.sha256;

-- name: ListArtifacts :many
SELECT * FROM artifacts WHERE presentation_id = ? ORDER BY seq;

-- name: ListScratchDue :many
SELECT id FROM presentations WHERE scratch_at > 0 AND scratch_at <= ? ORDER BY scratch_at LIMIT ?;

-- name: ListExpired :many
SELECT id FROM presentations WHERE expires_at > 0 AND expires_at <= ? AND removing = 0 ORDER BY expires_at LIMIT ?;

-- name: ListRemoving :many
SELECT id FROM presentations WHERE removing = 1 LIMIT ?;

-- name: NextScratch :one
SELECT scratch_at FROM presentations WHERE scratch_at > 0 AND scratch_at > sqlc.arg(now) ORDER BY scratch_at LIMIT 1;

-- name: NextExpiry :one
SELECT expires_at FROM presentations WHERE expires_at > 0 AND expires_at > sqlc.arg(now) AND removing = 0 ORDER BY expires_at LIMIT 1;

-- name: MarkRemoving :execrows
UPDATE presentations SET removing = 1 WHERE id = ? AND removing = 0 AND status IN ('completed', 'failed', 'canceled');

-- name: DeletePresentation :exec
DELETE FROM presentations WHERE id = ? AND removing = 1;

-- name: GetKey :one
SELECT * FROM idempotency_keys WHERE owner = ? AND key = ?;

-- name: PutKey :exec
INSERT INTO idempotency_keys (owner, key, fingerprint, presentation_id, reserved_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (owner, key) DO UPDATE SET fingerprint = excluded.fingerprint, presentation_id = excluded.presentation_id,
    reserved_at = excluded.reserved_at, expires_at = excluded.expires_at;

-- name: ReleaseKey :exec
DELETE FROM idempotency_keys WHERE owner = ? AND key = ? AND presentation_id IS NULL;

-- A presentation that is being removed answers no request any more.
-- name: DropKeys :exec
DELETE FROM idempotency_keys WHERE presentation_id = CAST(sqlc.arg(presentation_id) AS TEXT);

-- name: SweepKeys :exec
DELETE FROM idempotency_keys WHERE presentation_id IS NULL AND expires_at <= ?;

-- name: GetOrder :one
SELECT * FROM orders WHERE key = ?;

-- name: PutOrder :exec
INSERT INTO orders (key, engine, external_id, state, presentation_id, attempt, slide, part, detail, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET engine = excluded.engine, external_id = excluded.external_id, state = excluded.state,
    presentation_id = excluded.presentation_id, attempt = excluded.attempt, slide = excluded.slide, part = excluded.part,
    detail = excluded.detail, updated_at = excluded.updated_at;

-- name: SweepOrders :exec
DELETE FROM orders WHERE state IN ('ready', 'failed') AND updated_at <= ?;

-- name: ListEndpoints :many
SELECT * FROM endpoints ORDER BY created_at, id;

-- name: InsertEndpoint :execrows
INSERT INTO endpoints (id, url, types, secrets, disabled, created_at, owner, revision) VALUES (?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (id) DO NOTHING;

-- name: UpdateEndpoint :execrows
UPDATE endpoints SET url = ?, types = ?, secrets = ?, disabled = ?, created_at = ?, revision = revision + 1
WHERE id = ? AND revision = ?;

-- name: SealEndpoint :exec
UPDATE endpoints SET secrets = ? WHERE id = ?;

-- name: DeleteEndpoint :execrows
DELETE FROM endpoints WHERE id = ?;

-- name: GiveUpDeliveries :exec
UPDATE deliveries SET state = 'given_up', done_at = ?, problem = ?, claimant = '' WHERE endpoint = ? AND state = 'pending';

-- name: InsertDelivery :exec
INSERT INTO deliveries (
    id, owner, presentation_id, endpoint, url, type, presentation, state, attempts, next_at, created_at, done_at, status_code, problem
) VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?, 0, 0, '');

-- The deliveries whose turn it is: no older one of the same presentation to the same address waits for its first try.
-- name: ListClaimable :many
SELECT d.* FROM deliveries d
WHERE d.state = 'pending' AND d.next_at <= sqlc.arg(now) AND NOT EXISTS (
    SELECT 1 FROM deliveries o
    WHERE o.presentation_id = d.presentation_id AND o.endpoint = d.endpoint AND o.state = 'pending' AND o.attempts = 0 AND o.seq < d.seq
)
ORDER BY d.next_at, d.seq LIMIT sqlc.arg(max);

-- name: ClaimDelivery :exec
UPDATE deliveries SET next_at = ?, claim = claim + 1, claimant = ? WHERE seq = ?;

-- The guard is the fence: a claim that was freed or replaced by another records nothing.
-- name: FinishDelivery :execrows
UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, done_at = ?, status_code = ?, problem = ?, claimant = ''
WHERE id = ? AND state = 'pending' AND claim = ? AND claimant <> '';

-- name: FreeClaimsOf :exec
UPDATE deliveries SET next_at = ?, claimant = '' WHERE state = 'pending' AND claimant <> '' AND claimant = ?;

-- name: FreeClaims :exec
UPDATE deliveries SET next_at = ?, claimant = '' WHERE state = 'pending' AND claimant <> '';

-- name: GetDelivery :one
SELECT * FROM deliveries WHERE id = ?;

-- name: RestartDelivery :exec
UPDATE deliveries SET state = 'pending', attempts = 0, next_at = ?, done_at = 0, status_code = 0, problem = '', claimant = '' WHERE id = ?;

-- name: ListDeliveries :many
SELECT * FROM deliveries
WHERE (CAST(sqlc.arg(state) AS TEXT) = '' OR state = CAST(sqlc.arg(state) AS TEXT))
    AND (CAST(sqlc.arg(everyone) AS INTEGER) = 1 OR endpoint = sqlc.arg(endpoint))
ORDER BY created_at DESC, seq DESC LIMIT sqlc.arg(max);

-- name: ListDeliveriesOfOwner :many
SELECT * FROM deliveries
WHERE owner = sqlc.arg(owner)
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR state = CAST(sqlc.arg(state) AS TEXT))
    AND (CAST(sqlc.arg(everyone) AS INTEGER) = 1 OR endpoint = sqlc.arg(endpoint))
ORDER BY created_at DESC, seq DESC LIMIT sqlc.arg(max);

-- name: ListDeliveriesOf :many
SELECT * FROM deliveries
WHERE presentation_id = sqlc.arg(presentation_id)
    AND (CAST(sqlc.arg(owner) AS TEXT) = '' OR owner = CAST(sqlc.arg(owner) AS TEXT))
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR state = CAST(sqlc.arg(state) AS TEXT))
    AND (CAST(sqlc.arg(everyone) AS INTEGER) = 1 OR endpoint = sqlc.arg(endpoint))
ORDER BY created_at DESC, seq DESC LIMIT sqlc.arg(max);

-- name: GetBacklog :one
SELECT count(*) AS pending, CAST(COALESCE(min(created_at), 0) AS BIGINT) AS oldest FROM deliveries WHERE state = 'pending';

-- name: SweepDeliveries :exec
DELETE FROM deliveries WHERE state <> 'pending' AND done_at <= ?;

-- name: InsertAPIKey :execrows
INSERT INTO api_keys (id, name, owner, scope, quota, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: ListAPIKeys :many
SELECT * FROM api_keys ORDER BY created_at, id;

-- name: DeleteAPIKey :execrows
DELETE FROM api_keys WHERE id = ?;

-- name: SetTicket :exec
UPDATE presentations SET ticket = ?, resumed = ? WHERE id = ?;

-- name: GetPlace :one
SELECT resumed, ticket, estimate FROM presentations WHERE id = ? AND status = 'queued';

-- name: GetAhead :one
SELECT count(*) AS number, CAST(COALESCE(SUM(estimate), 0) AS BIGINT) AS estimate FROM presentations
WHERE status = 'queued' AND (resumed > sqlc.arg(resumed)
    OR resumed = sqlc.arg(resumed) AND (ticket, id) < (sqlc.arg(ticket), CAST(sqlc.arg(id) AS TEXT)));

-- name: ListWaiting :many
SELECT id, estimate FROM presentations WHERE status = 'queued' ORDER BY resumed DESC, ticket, id LIMIT ?;

-- name: ListFinished :many
SELECT started_at, completed_at, estimate FROM presentations
WHERE status = 'completed' AND attempt = 1 AND estimate > 0 ORDER BY completed_at DESC LIMIT ?;

-- name: ListAtWork :many
SELECT started_at, last_heartbeat, eta, estimate FROM presentations WHERE status = 'processing' AND removing = 0;

-- The row is locked until the transaction ends: creations are judged one after the other.
-- name: AddToTotal :one
UPDATE totals SET amount = amount + ? WHERE name = 'decks' RETURNING amount;

-- name: GetDeckSize :one
SELECT d.size FROM decks d JOIN presentations p ON p.id = d.presentation_id WHERE d.presentation_id = ? AND p.removing = 1;

-- name: CountWaiting :one
SELECT count(*) FROM presentations WHERE status = 'queued';

-- name: CountOfKey :many
SELECT status, count(*) AS number FROM presentations
WHERE key_id = ? AND status IN ('queued', 'processing') GROUP BY status;

-- name: GetKeyUsage :one
SELECT CAST(COALESCE(SUM(estimate), 0) AS BIGINT) AS estimate, CAST(COALESCE(MIN(at), 0) AS BIGINT) AS oldest FROM key_usage
WHERE key_id = ? AND at > ?;

-- name: AddKeyUsage :exec
INSERT INTO key_usage (key_id, at, estimate) VALUES (?, ?, ?)
ON CONFLICT (key_id, at) DO UPDATE SET estimate = key_usage.estimate + excluded.estimate;

-- name: SweepKeyUsage :exec
DELETE FROM key_usage WHERE at <= ?;

-- Both databases lock the row until the transaction ends: changes of the assets of one content come one after another.
-- name: LockContent :execrows
UPDATE asset_contents SET file = file WHERE sha256 = ?;

-- name: InsertContent :execrows
INSERT INTO asset_contents (sha256, file) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: GetContent :one
SELECT file FROM asset_contents WHERE sha256 = ?;

-- name: DeleteContent :exec
DELETE FROM asset_contents WHERE sha256 = ?;

-- name: PutLeftover :exec
INSERT INTO asset_leftovers (file, due_at) VALUES (?, ?) ON CONFLICT (file) DO UPDATE SET due_at = excluded.due_at;

-- name: DeleteLeftover :execrows
DELETE FROM asset_leftovers WHERE file = ?;

-- name: ListLeftovers :many
SELECT file FROM asset_leftovers WHERE due_at <= ? ORDER BY due_at LIMIT ?;

-- name: InsertAsset :execrows
INSERT INTO assets (owner, sha256, kind, media_type, size, name, width, height, duration, created_at, used_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: GetAsset :one
SELECT * FROM assets WHERE owner = ? AND sha256 = ?;

-- name: ListAssets :many
SELECT * FROM assets
WHERE owner = sqlc.arg(owner) AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR kind = CAST(sqlc.arg(kind) AS TEXT))
    AND (created_at, sha256) < (sqlc.arg(before_time), CAST(sqlc.arg(before_id) AS TEXT))
ORDER BY created_at DESC, sha256 DESC LIMIT sqlc.arg(max);

-- The row is locked until the transaction ends, so that no use of the asset is added or removed meanwhile.
-- name: UseAsset :execrows
UPDATE assets SET used_at = CASE WHEN used_at > sqlc.arg(used_at) THEN used_at ELSE sqlc.arg(used_at) END
WHERE owner = sqlc.arg(owner) AND sha256 = sqlc.arg(sha256);

-- name: CountAssetUses :one
SELECT count(*) FROM asset_uses WHERE owner = ? AND sha256 = ?;

-- name: DeleteAsset :execrows
DELETE FROM assets WHERE owner = ? AND sha256 = ?;

-- name: CountAssetsOf :one
SELECT count(*) FROM assets WHERE sha256 = ?;

-- name: ListStaleAssets :many
SELECT owner, sha256 FROM assets a
WHERE used_at <= ? AND NOT EXISTS (SELECT 1 FROM asset_uses u WHERE u.owner = a.owner AND u.sha256 = a.sha256)
ORDER BY used_at LIMIT ?;

-- name: InsertAssetUse :exec
INSERT INTO asset_uses (presentation_id, owner, sha256) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- The assets of a presentation that is removed were used until now.
-- name: UseAssetsOf :exec
UPDATE assets SET used_at = CASE WHEN used_at > sqlc.arg(used_at) THEN used_at ELSE sqlc.arg(used_at) END
WHERE (owner, sha256) IN (SELECT u.owner, u.sha256 FROM asset_uses u
    WHERE u.presentation_id = sqlc.arg(presentation_id));

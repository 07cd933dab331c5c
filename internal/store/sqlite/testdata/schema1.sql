-- Rows as the first release wrote them.
INSERT INTO presentations (
    id, title, status, stage, progress, message, slides_done, slides_total, version, attempt, worker, cancel_requested,
    created_at, started_at, completed_at, last_heartbeat, eta, failure, warnings, metadata, scratch_at, expires_at, removing
) VALUES
    ('done', 'Grüße', 'completed', 'done', 10000, 'The video is ready.', 2, 2, 3, 1, '', 0,
     1764000000000000, 1764000001000000, 1764000009000000, 1764000008000000, 0, '', '[{"Code":"c","Message":"m","Slide":2}]', '{"k":"v"}', 1764000309000000, 1764604809000000, 0),
    ('running', 'A talk', 'processing', 'encoding', 4321, 'Encoding.', 1, 3, 2, 1, 'w', 0,
     1764000100000000, 1764000101000000, 0, 1764000102000000, 90000000, '', '', '', 0, 0, 0),
    ('leaving', 'Old', 'canceled', 'done', 0, 'Canceled.', 0, 1, 2, 0, '', 0,
     1763000000000000, 0, 1763000001000000, 0, 0, '', '', '', 1763000301000000, 1763604801000000, 1);
INSERT INTO decks (presentation_id, deck) VALUES ('done', '{"Title":"Grüße"}'), ('running', '{"Title":"A talk"}'), ('leaving', '{}');
INSERT INTO events (presentation_id, version, at, milestone, snapshot) VALUES
    ('done', 1, 1764000000000000, 1, '{"status":"queued","stage":"queued","progress":0,"message":"Waiting to start.","slidesDone":0,"attempt":0}'),
    ('done', 2, 1764000001000000, 1, '{"status":"processing","stage":"preparing","progress":0,"message":"Preparing.","slidesDone":0,"attempt":1,"worker":"w"}'),
    ('done', 3, 1764000009000000, 1, '{"status":"completed","stage":"done","progress":100,"message":"The video is ready.","slidesDone":2,"attempt":1,"warnings":1}');
INSERT INTO steps (presentation_id, attempt, kind, slide, key, reused, started_at, took) VALUES
    ('running', 1, 'encode', 1, 'abc', 1, 1764000101500000, 1500000);
INSERT INTO artifacts (presentation_id, kind, slide, key, content_type, size, sha256) VALUES
    ('done', 'video', 0, 'done/1/video.mp4', 'video/mp4', 12345, 'aa');

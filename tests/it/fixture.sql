-- A small organisation with the oddities that make listings interesting, and a second one that shares an address.

INSERT INTO integrations (id, name, name_key, kind, tenant, tenant_label, standing, standing_reason, admin_email,
                          credentials, interval_seconds, created_at, last_sync_at, last_sync_outcome, deleted_at) VALUES
  (1, 'corp', 'corp', 'google', 'C01', 'example.com', 'connected', NULL, 'admin@example.com', '{}', 14400,
   '2026-11-01T08:00:00Z', '2026-11-24T06:30:00Z', 'partial', NULL),
  (2, 'Old Lab', 'old lab', 'google', 'C02', NULL, 'sign_in_needed', 'the grant was revoked', 'root@lab.example', '{}',
   14400, '2026-11-02T08:00:00Z', '2026-11-20T08:00:00Z', 'failed', NULL),
  (3, 'new', 'new', 'google', 'C03', 'new.example', 'connected', NULL, NULL, '{}', 14400,
   '2026-11-24T07:00:00Z', NULL, NULL, NULL),
  (4, 'gone', 'gone', 'google', 'C04', NULL, 'connected', NULL, NULL, '{}', 14400,
   '2026-10-01T08:00:00Z', '2026-10-20T08:00:00Z', 'done', '2026-10-21T08:00:00Z');

INSERT INTO domains VALUES (1, 'example.com');

INSERT INTO users (id, integration_id, external_id, status, email, user_name, display_name, given_name, family_name,
                   title, department, manager, employee_id, org_unit, aliases, is_admin, created_at, updated_at,
                   removed_at) VALUES
  (1, 1, '101', 'active', 'Ada@Example.com', 'ada@example.com', 'Ada Lovelace', 'Ada', 'Lovelace', 'Engineer', 'R&D',
   'grace@example.com', 'E7', '/Eng/Platform', '["al@example.com","countess@example.com"]', 1,
   '2026-11-01T08:00:00Z', '2026-11-23T09:00:00Z', NULL),
  (2, 1, '102', 'suspended', 'grace@example.com', 'grace@example.com', 'Grace Hopper', 'Grace', 'Hopper', NULL, 'R&D',
   NULL, NULL, '/Eng', '[]', 0, '2026-11-01T08:00:00Z', '2026-11-22T09:00:00Z', NULL),
  (3, 1, '103', 'active', 'yamada@example.com', 'yamada@example.com', '山田太郎', '太郎', '山田', NULL, 'Sales', NULL,
   NULL, '/Sales', '[]', 0, '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z', NULL),
  (4, 1, '104', 'retained', 'mueller@example.com', NULL, 'Jürgen Müller', 'Jürgen', 'Müller', NULL, 'Sales', NULL, NULL,
   '/Sales', '[]', 0, '2026-11-01T08:00:00Z', '2026-11-10T08:00:00Z', NULL),
  (5, 1, '105', 'removed', 'bob@example.com', NULL, 'Bob (the first)', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]',
   0, '2026-11-01T08:00:00Z', '2026-11-15T08:00:00Z', '2026-11-15T08:00:00Z'),
  (6, 1, '106', 'active', 'bob@example.com', NULL, 'Bob "Tab	& Line
Break"', NULL, NULL, NULL, NULL, NULL, NULL, '/', '[]', 0, '2026-11-16T08:00:00Z', '2026-11-16T08:00:00Z', NULL),
  (7, 2, '201', 'active', 'ada@example.com', NULL, 'A. Lovelace (Lab)', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]',
   0, '2026-11-02T08:00:00Z', '2026-11-02T08:00:00Z', NULL),
  (8, 4, '401', 'retained', 'eve@gone.example', NULL, 'Eve', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', 0,
   '2026-10-02T08:00:00Z', '2026-10-21T08:00:00Z', NULL);

INSERT INTO devices (id, serial) VALUES (1, 'C02XL0GS'), (2, 'PF3KQ1');
INSERT INTO assignments (device_id, user_id, started_at) VALUES
  (1, 1, '2026-11-02T08:00:00Z'), (2, 4, '2026-11-02T08:00:00Z');

-- all > eng > platform > all (a cycle); all > sales, eng > sales (a diamond); all has a stranger and an unknown group.
INSERT INTO groups (id, integration_id, external_id, name, email, description, aliases, member_count, created_at,
                    updated_at) VALUES
  (1, 1, 'g1', 'All', 'all@example.com', 'Everybody we pay', '["staff@example.com"]', 5, '2026-11-01T08:00:00Z',
   '2026-11-01T08:00:00Z'),
  (2, 1, 'g2', 'Engineering', 'eng@example.com', NULL, '[]', 3, '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'),
  (3, 1, 'g3', 'Platform', 'platform@example.com', NULL, '[]', 2, '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'),
  (4, 1, 'g4', 'Sales', 'sales@example.com', NULL, '[]', 1, '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'),
  (5, 1, 'g5', 'Whole company', 'company@example.com', NULL, '[]', 1, '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'),
  (6, 2, 'l1', 'Sales', 'sales@lab.example', NULL, '[]', 0, '2026-11-02T08:00:00Z', '2026-11-02T08:00:00Z'),
  (7, 2, 'l2', 'Größe', NULL, NULL, '[]', 0, '2026-11-02T08:00:00Z', '2026-11-02T08:00:00Z');

INSERT INTO memberships (group_id, member_external_id, kind, email, role) VALUES
  (1, 'g2', 'group', 'eng@example.com', 'member'),
  (1, 'g4', 'group', 'sales@example.com', 'member'),
  (1, 'x9', 'user', 'stranger@elsewhere.example', 'member'),
  (1, 'g9', 'group', 'lists@elsewhere.example', 'member'),
  (1, '101', 'user', 'countess@example.com', 'owner'),
  (2, 'g3', 'group', 'platform@example.com', 'member'),
  (2, 'g4', 'group', 'sales@example.com', 'member'),
  (2, '102', 'user', 'grace@example.com', 'manager'),
  (3, 'g1', 'group', 'all@example.com', 'member'),
  (3, '106', 'user', 'bob@example.com', 'member'),
  (4, '103', 'user', 'yamada@example.com', 'member'),
  (5, 'C01', 'everyone', NULL, 'member');

INSERT INTO runs (id, integration_id, trigger, started_at, ended_at, outcome, error, counts) VALUES
  (1, 1, 'sync', '2026-11-23T08:59:00Z', '2026-11-23T09:00:00Z', 'done', NULL,
   '{"users":{"fetched":5,"added":1,"changed":1,"unchanged":3,"removed":1},"groups":{"fetched":5,"unchanged":5}}'),
  (2, 1, 'sync', '2026-11-24T06:30:00Z', '2026-11-24T06:31:00Z', 'partial', NULL,
   '{"users":{"fetched":12345,"unchanged":12344,"refused":1},"groups":{"fetched":5,"unchanged":5}}'),
  (3, 2, 'sync', '2026-11-24T07:00:00Z', '2026-11-24T07:00:05Z', 'failed', 'the grant was revoked', '{}');
INSERT INTO run_notes VALUES (2, 'user', '107', 1, 'a person without an id'), (2, 'group', 'g2', 0, 'a cycle');

INSERT INTO changes (id, run_id, integration_id, at, subject, subject_id, external_id, label, kind, field, before,
                     after) VALUES
  (1, 1, 1, '2026-11-01T08:00:00Z', 'user', 1, '101', 'byron@example.com', 'joined', NULL, NULL, NULL),
  (2, 1, 1, '2026-11-15T08:00:00Z', 'user', 5, '105', 'bob@example.com', 'left', NULL, NULL, NULL),
  (3, 1, 1, '2026-11-23T09:00:00Z', 'user', 1, '101', 'byron@example.com', 'changed', 'email', 'byron@example.com',
   'Ada@Example.com'),
  (4, 1, 1, '2026-11-23T09:00:00Z', 'membership', 1, '101', 'countess@example.com', 'joined', 'all@example.com', NULL,
   'owner'),
  (5, 1, 1, '2026-11-23T09:00:00Z', 'user', 2, '102', 'bob@example.com', 'changed', 'email', 'bob@example.com',
   'grace@example.com');

// OAuth scopes: what the app must be allowed, and what is better with it. deploy/slack-manifest.json asks for all of them.

export const neededScopes = [
  'commands',
  'chat:write',
  'files:write',
  'reactions:read',
  'users:read',
  'channels:read',
  'groups:read',
  'im:read',
  'im:write',
] as const

/** Without one of these something is missing, and the rest works. */
export const usefulScopes: Readonly<Record<string, string>> = {
  'files:read': 'no files from people, and reactions to shared files may not be found',
  'app_mentions:read': 'mentions are not heard',
  'im:history': 'direct messages are not heard',
  'channels:history': 'a crash may post twice in channels',
  'groups:history': 'a crash may post twice in private channels',
  'mpim:read': 'not in conversations of several people',
  'mpim:history': 'a crash may post twice in conversations of several people',
  'usergroups:read': 'user groups are no roles',
}

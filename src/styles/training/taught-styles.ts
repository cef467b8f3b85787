// Taught styles: from pictures that a manager hands over to a style like those that are added as files. What is checked of a file is checked of
// what was learned, too.

import type { NewTraining, PreparedTraining } from '../../chat/contract/style-admin.ts'
import { UserError } from '../../errors.ts'
import { spaceOf } from '../../jobs/job.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import { type AddStyleFileParts, addStyleFile, authorOf } from '../admin/add-style-file.ts'
import { type Quotas, roomFor } from '../admin/quota.ts'
import { checkManager, type StyleManager } from '../admin/style-access.ts'
import { maxWordsChars } from '../admin/style-edits.ts'
import type { Download } from '../download/download.ts'
import { fileDigest } from '../download/file-digest.ts'
import type { Intake } from '../intake/intake.ts'
import { sanitizeText } from '../intake/sanitize.ts'
import { checkStyleName, foldName } from '../registry/style-names.ts'
import { beingLearned } from '../registry/style-registry.ts'
import { checkPictures, takePictures } from './picture-intake.ts'
import { type TrainingFolders, type TrainingRecord, trainingsUnderWay } from './training-folders.ts'

export interface TaughtStylesParts extends AddStyleFileParts {
  readonly folders: TrainingFolders
  readonly download: Download
  /** Of files that were learned here. */
  readonly learnedFiles: Intake
  /** Throws where it is no picture and no clip; absent: no style is learned here. */
  readonly look?: ((path: string) => Promise<unknown>) | undefined
  /** Of trainings that wait or run. */
  readonly live?: (() => ReadonlySet<string>) | undefined
}

/** What is learned on, and from what. */
export interface StyleLesson {
  readonly folder: string
  readonly word: string
  readonly base: ModelFiles
  readonly out: string
}

export interface TaughtStyles {
  /** @throws UserError of who may not, of the name, of quotas, and of the pictures */
  prepare(wanted: NewTraining, manager: StyleManager): Promise<PreparedTraining>
  /** @throws UserError `training-gone`, `style-base-missing` */
  find(id: string): StyleLesson
  /** Once for each id, however often it is asked for. @returns what removes it with its files @throws UserError those of adding a file */
  register(id: string): Promise<() => Promise<void>>
  forget(id: string): void
  sweep(live: ReadonlySet<string>): void
}

/** All pictures of one training are fetched within this, or it is refused. */
const fetchMs = 10 * 60_000
/** Trainings that one space may have prepared or under way. */
const maxPrepared = 5

/** @param remove takes a style of this manager away with its files */
export function createTaughtStyles(
  parts: TaughtStylesParts,
  remove: (manager: StyleManager, name: string) => Promise<unknown>,
): TaughtStyles {
  const { folders, registry, bases, quotas, nowMs, learnedFiles, download, look, live } = parts
  const [base] = bases

  function refuseTaken(name: string, space: string): void {
    const there = trainingsUnderWay(folders, live?.(), nowMs())
    if (there.some((one) => foldName(one.name) === foldName(name))) throw beingLearned(name)
    const taken = registry.find(name)
    if (taken) throw new UserError('style-name-taken', `There is a style '${name}' already.`, { name, taken: taken.name })
    if (there.filter(({ owner }) => spaceOf(owner) === space).length < maxPrepared) return
    throw new UserError('training-many', `${maxPrepared} styles wait to be learned here already, as many as may.`, { max: maxPrepared })
  }

  async function prepare(wanted: NewTraining, manager: StyleManager): Promise<PreparedTraining> {
    await checkManager(manager)
    if (!look) throw new UserError('no-training', 'No styles are taught here.')
    await registry.refresh()
    const { owner } = manager
    const space = spaceOf(owner)
    const name = checkStyleName(wanted.name)
    refuseTaken(name, space)
    roomFor(registry.changes(), space, nowMs(), quotas)
    const checked = checkPictures(await wanted.pictures())
    const word =
      sanitizeText(wanted.word ?? name, 60)
        .replaceAll(/[,:|()[\]\\]/g, ' ')
        .trim() || name
    const { id, pictures } = folders.begin()
    try {
      await takePictures(checked, pictures, word, { download, look, fetchFile: manager.fetchFile, signal: AbortSignal.timeout(fetchMs) })
      refuseTaken(name, space)
      const record: TrainingRecord = {
        ...{ name, base: base!.name, word, pictures: checked.pictures.length, here: wanted.here ?? false },
        ...(wanted.about !== undefined && { about: sanitizeText(wanted.about, maxWordsChars) }),
        example: sanitizeText(wanted.example ?? base!.example, maxWordsChars),
        ...{ owner, manager: sanitizeText(manager.name, 80), operator: manager.asker.operator, atMs: nowMs() },
      }
      folders.record(id, record)
      return { id, name, word, pictures: record.pictures, example: record.example }
    } catch (error) {
      folders.forget(id)
      throw error
    }
  }

  function find(id: string): StyleLesson {
    const { base: name, folder, word, out } = folders.find(id)
    const found = bases.find((one) => one.name === name)
    if (found) return { folder, word, base: found.files, out }
    throw new UserError('style-base-missing', `What it is learned on, ${name}, is no longer installed.`, { name: 'style', base: name })
  }

  async function register(id: string): Promise<() => Promise<void>> {
    const { name, word, pictures, about, example, here, base: on, out, ...who } = folders.find(id)
    const manager = managerOf(who)
    const withdraw = async (): Promise<void> => void (await remove(manager, name))
    await registry.refresh()
    const sha256 = await fileDigest(out)
    if (registry.find(name)?.files.some((file) => file.sha256 === sha256)) return withdraw
    const intake: Intake = async (named, options) => {
      const taken = await learnedFiles(named, options)
      const metadata = new Map([...taken.inspection.metadata, ['modelspec.trigger_phrase', word]])
      return { ...taken, source: `trained on ${pictures} pictures`, name, inspection: { ...taken.inspection, metadata } }
    }
    const ofBase = bases.filter((one) => one.name === on)
    await addStyleFile(
      { ...parts, bases: ofBase, intake, quotas: roomForLearned(quotas) },
      {
        wanted: { name, extend: false, path: out, example, ...(about !== undefined && { about }), ...(here && { here }) },
        ...{ by: authorOf(manager), before: undefined, manager, training: id },
      },
    )
    return withdraw
  }

  return {
    prepare,
    find,
    register,
    forget: folders.forget,
    sweep: (live) => folders.sweep(live, nowMs()),
  }
}

/** There was room when it was asked for; what took hours to learn is not thrown away for some megabytes. */
const roomForLearned = (quotas: Quotas): Quotas => ({ ...quotas, maxSpaceBytes: Infinity, maxBytes: Infinity, addsPerHour: Infinity })

/** Who asked had the right to when they did. */
function managerOf({ owner, manager, operator }: Pick<TrainingRecord, 'owner' | 'manager' | 'operator'>): StyleManager {
  return { owner, name: manager, asker: { admin: true, operator, roles: [] }, managers: async () => [] }
}

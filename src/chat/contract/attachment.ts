// An attachment: a file that somebody hands over with a command, as the platform tells of it. Nothing of it has been fetched; name and size
// are claims.
//   Discord: an option of type ATTACHMENT, or the files of a message → { url: attachment.url, name, bytes: attachment.size }
//   Slack: a file_input of a dialog, or the files of a message → { url: file.url_private_download, name, bytes: file.size }
//   web: an upload → { url: 'upload:<id>', name, bytes }, which the page alone can read: see Platform.fetchFile

export interface Attachment {
  readonly url: string
  readonly name: string
  readonly bytes: number
  /** What its person says of it, where the platform asks. */
  readonly caption?: string
}

import { TableView as TiptapTableView } from '@tiptap/extension-table'
import type { Node } from '@tiptap/pm/model'
import { directionOf } from '../alignment'

/**
 * A table on the screen. Its columns follow each other as its first words run, whatever language its reader's menus
 * have. A column that has no width of its own any more gives up the one it had, as after an undo.
 */
export class TableView extends TiptapTableView {
  constructor(...given: ConstructorParameters<typeof TiptapTableView>) {
    super(...given)
    this.dom.dir = directionOf(this.node) ?? ''
  }

  override update(node: Node): boolean {
    for (const column of this.colgroup.children) (column as HTMLElement).style.width = ''
    if (!super.update(node)) return false
    this.dom.dir = directionOf(node) ?? ''
    return true
  }
}

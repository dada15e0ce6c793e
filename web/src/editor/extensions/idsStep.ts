/**
 * Gives blocks their ids, in order of their places, all at once: a step for each would walk the whole document as often
 * as there are blocks.
 */
import { Fragment, type Node } from '@tiptap/pm/model'
import { Step, StepResult, type Mappable } from '@tiptap/pm/transform'

type Ids = ReadonlyMap<number, string | null>

export class IdsStep extends Step {
  constructor(private readonly ids: Ids) {
    super()
  }

  apply(doc: Node): StepResult {
    const last = [...this.ids.keys()].at(-1) ?? 0
    const within = (parent: Node, start: number): Fragment => {
      const children: Node[] = []
      parent.forEach((child, offset) => {
        const at = start + offset
        const id = this.ids.get(at)
        const content = child.isTextblock || at > last ? child.content : within(child, at + 1)
        const same = id === undefined && content === child.content
        children.push(
          same
            ? child
            : child.type.create(id === undefined ? child.attrs : { ...child.attrs, id }, content, child.marks),
        )
      })
      return children.every((child, at) => child === parent.child(at)) ? parent.content : Fragment.fromArray(children)
    }
    return StepResult.ok(doc.copy(within(doc, 0)))
  }

  invert(doc: Node): IdsStep {
    return new IdsStep(new Map([...this.ids.keys()].map((at) => [at, doc.nodeAt(at)?.attrs.id as string | null])))
  }

  map(mapping: Mappable): IdsStep | null {
    const left = [...this.ids].flatMap(([at, id]): [number, string | null][] => {
      const { pos, deletedAfter } = mapping.mapResult(at, 1)
      return deletedAfter ? [] : [[pos, id]]
    })
    return left.length > 0 ? new IdsStep(new Map(left)) : null
  }

  toJSON(): object {
    return { stepType: 'ids', ids: [...this.ids] }
  }
}

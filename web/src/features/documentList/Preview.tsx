import { useInViewport } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, type DocumentInfo } from '../../api/client'
import classes from './Preview.module.css'

/** The first lines of a document as a small page, for the eye only. Asked for when it comes into view. */
export function Preview({ document }: { document: DocumentInfo }) {
  const { ref, inViewport } = useInViewport<HTMLDivElement>()
  const { data } = useQuery({
    queryKey: ['preview', document.id, document.updated_at],
    queryFn: () => api.preview(document.id),
    enabled: inViewport,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  })
  return (
    <div ref={ref} className={classes.page} aria-hidden data-testid="preview">
      {data?.lines.map(({ kind, text }, index) => (
        <div key={index} className={classes[kind]} dir="auto">
          {text}
        </div>
      ))}
    </div>
  )
}
